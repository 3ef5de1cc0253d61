/** The model's card: sections of facts, and links to the files. */
import { element } from "../ui/element";
import { bytes } from "../ui/format";
import type { Page } from "./types";

export function cardPanel(page: Page): HTMLElement {
  const { card, parts, links } = page.content;
  const sections = card.map(({ title, rows }) => element("div", {},
    element("h3", {}, title),
    element("dl", {}, ...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]))));
  const files = [
    ...Object.entries(parts).map(([role, part]) => ({ label: `${role}.onnx, ${bytes(part.bytes)}`, file: part.file, download: true })),
    ...links.map((link) => ({ ...link, download: false })),
  ];
  const list = element("ul", { class: "links" }, ...files.map(({ label, file, download }) => {
    const link = element("a", { download: download ? (file.split("/").pop() ?? "") : null }, label);
    void page.address(file).then((address) => { link.href = address; });
    return element("li", {}, link);
  }));
  return element("section", { class: "panel card", "aria-label": "Model card" },
    element("h2", {}, "The model"), ...sections, element("h3", {}, "Files"), list);
}

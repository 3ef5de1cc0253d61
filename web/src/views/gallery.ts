/** The view of images that were made for units of a network: a card for each, to find, to sort and to link to. */
import { example } from "../arrays/tensor";
import { button, element } from "../ui/element";
import { short } from "../ui/format";
import { format, newId, section } from "./kit/layout";
import { createPicture } from "./kit/picture";
import type { ArrayFile, Mount } from "../page/types";

export interface GalleryData {
  /** All images, where they are small; else null. */
  images: ArrayFile | null;
  /** Else the path of a file for each image, loaded when its card comes into sight. */
  pictures: string[];
  /** The unit that each image is made for, and the objective that it reaches. */
  titles: string[];
  values: number[];
  objective: string;
  network: string;
  /** How many images the run has. */
  all: number;
}

type Order = "number" | "value" | "name";

export const mount: Mount<GalleryData> = async (container, page) => {
  const { data } = page.content;
  const largest = Math.max(...data.values, 1e-12);
  const cards = data.titles.map((title, index) => createCard(title, data.values[index] ?? 0, largest, () => { select(index); }));
  const list = element("ul", { class: "units" }, ...cards.map(({ node }) => node));
  const count = element("p", { class: "hint", role: "status" });
  const find = element("input", { type: "search", id: newId(), value: page.state.get("find") ?? "", placeholder: "a unit's name" });
  const sort = element("select", { id: newId() }, ...orders.map(([value, label]) => element("option", { value }, label)));
  sort.value = orders.some(([value]) => value === page.state.get("sort")) ? (page.state.get("sort") ?? "number") : "number";

  const arrange = (): void => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const order = cards.map((_, index) => index);
    if (sort.value === "value") order.sort((a, b) => (data.values[b] ?? 0) - (data.values[a] ?? 0));
    if (sort.value === "name") order.sort((a, b) => (data.titles[a] ?? "").localeCompare(data.titles[b] ?? "", "en", { numeric: true }));
    list.replaceChildren(...order.map((index) => cards[index]?.node ?? ""));
    let shown = 0;
    cards.forEach(({ node }, index) => {
      node.hidden = !words.every((word) => data.titles[index]?.toLowerCase().includes(word));
      shown += Number(!node.hidden);
    });
    count.textContent = `${String(shown)} of ${String(data.titles.length)} units${data.all > data.titles.length ? `, the first of ${String(data.all)}` : ""}`;
    page.state.set({ find: find.value || null, sort: sort.value === "number" ? null : sort.value });
  };
  const select = (index: number): void => {
    page.state.set({ unit: data.titles[index] ?? null });
    mark();
  };
  const mark = (): void => {
    const wanted = page.state.get("unit");
    cards.forEach(({ node, link }, index) => {
      const isWanted = data.titles[index] === wanted;
      node.classList.toggle("wanted", isWanted);
      if (isWanted) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  };
  find.oninput = arrange;
  sort.onchange = arrange;
  container.append(section(
    "What each unit looks for", `Each image was made to raise one unit of ${data.network}: ${data.objective}. A bar shows what it reaches; a title is a link to its card.`,
    element("div", { class: "tools find" },
      element("span", {}, element("label", { for: find.id }, "Find"), find),
      element("span", {}, element("label", { for: sort.id }, "Sort"), sort),
      button("All", () => { find.value = ""; arrange(); }), count),
    list,
  ));
  arrange();
  mark();
  page.state.onChange(mark);

  const stored = data.images ? await page.array(data.images) : null;
  await Promise.all(cards.map(async ({ place }, index) => {
    const file = data.pictures[index];
    if (stored) {
      const picture = createPicture(stored.shape.slice(1), "");
      picture.show(example(stored, index));
      place.replaceChildren(picture.element);
    } else if (file) place.replaceChildren(element("img", { alt: "", loading: "lazy", src: await page.address(file) }));
  }));
  container.querySelector(".wanted")?.scrollIntoView({ block: "center" });
};

const orders: [Order, string][] = [["number", "as made"], ["value", "strongest first"], ["name", "by name"]];

function createCard(title: string, value: number, largest: number, choose: () => void): { node: HTMLLIElement; link: HTMLAnchorElement; place: HTMLElement } {
  const link = element("a", { href: `#${new URLSearchParams({ unit: title }).toString()}` }, title);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    choose();
  });
  const place = element("div", { class: "unit-picture" });
  const fill = element("i");
  fill.style.width = `${format(Math.max(0, (100 * value) / largest), 1)}%`;
  const bar = element("span", { class: "unit-bar", "aria-hidden": "true" }, fill);
  const node = element("li", { class: "unit" }, place, element("div", { class: "unit-words" }, link, element("span", {}, short(value))), bar);
  return { node, link, place };
}

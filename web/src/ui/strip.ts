/** A strip of examples to choose from. */
import { element } from "./element";

export interface Strip {
  readonly node: HTMLElement;
  /** Mark one; null marks none. */
  select(index: number | null): void;
}

/** Return a strip of buttons, each with a small picture. */
export function exampleStrip(pictures: Element[], labels: string[], choose: (index: number) => void): Strip {
  const buttons = pictures.map((picture, index) => {
    picture.setAttribute("aria-hidden", "true");
    const node = element("button", { type: "button", "aria-pressed": "false", "aria-label": labels[index] ?? "", title: labels[index] ?? "" }, picture);
    node.addEventListener("click", () => { choose(index); });
    return node;
  });
  const node = element("div", { class: "strip", role: "group", "aria-label": "Examples of the test data" }, ...buttons);
  return {
    node,
    select(index) {
      buttons.forEach((button, at) => { button.setAttribute("aria-pressed", String(at === index)); });
    },
  };
}

/** A strip of examples to choose from: one stop of the Tab key, and the arrow keys move along it. */
import { element } from "./element";

export interface Strip {
  readonly node: HTMLElement;
  /** Mark one; null marks none. */
  select(index: number | null): void;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity };

/** Return a strip of buttons, each with a small picture. */
export function exampleStrip(pictures: Element[], labels: string[], choose: (index: number) => void): Strip {
  const buttons = pictures.map((picture, index) => {
    picture.setAttribute("aria-hidden", "true");
    const node = element("button", { type: "button", "aria-pressed": "false", "aria-label": labels[index] ?? "", title: labels[index] ?? "" }, picture);
    node.addEventListener("click", () => { choose(index); });
    node.addEventListener("focus", () => { stopAt(index); });
    return node;
  });
  let stop = 0;
  const stopAt = (index: number) => {
    stop = index;
    buttons.forEach((button, at) => { button.tabIndex = at === index ? 0 : -1; });
  };
  stopAt(0);
  const node = element("div", { class: "strip", role: "toolbar", "aria-label": "Examples of the test data" }, ...buttons);
  node.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    buttons[Math.min(Math.max(stop + step, 0), buttons.length - 1)]?.focus();
  });
  return {
    node,
    select(index) {
      buttons.forEach((button, at) => { button.setAttribute("aria-pressed", String(at === index)); });
      if (index !== null) stopAt(index);
    },
  };
}

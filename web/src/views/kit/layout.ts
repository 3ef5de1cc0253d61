/** Sections, ids and numbers that the views share. */
import { element } from "../../ui/element";

let ids = 0;

/** Return an id that no other element of the page has. */
export function newId(): string {
  ids += 1;
  return `view-${String(ids)}`;
}

/** Return a section with a heading and a sentence on what to do. */
export function section(title: string, lead: string, ...children: (Node | string)[]): HTMLElement {
  const id = newId();
  const about = lead ? [element("p", { class: "about" }, lead)] : [];
  return element("section", { class: "panel whole", "aria-labelledby": id }, element("h2", { id }, title), ...about, ...children);
}

/** Return a picture above its caption. */
export function figure(picture: Node, caption: Node | string): HTMLElement {
  return element("figure", { class: "shown" }, picture, element("figcaption", {}, caption));
}

/** Return a number with some digits after the point, and a true minus. */
export function format(value: number, digits = 2): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
}

/** Return a value between two limits. */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

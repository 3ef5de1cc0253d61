/** Elements in one call: h("button", { type: "button", onclick: play }, "Play"). */

export type Child = Node | string | null | false | undefined;
export type Attributes = Record<string, string | number | boolean | null | ((event: never) => void)>;

/** Return an HTML element. Functions are listeners; `true` is an empty attribute, `false` and null none. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** Return an SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.replace(/^on/, ""), value as unknown as EventListener);
    } else if (value !== null && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child): child is Node | string => child instanceof Node || typeof child === "string"));
  return element;
}

let ids = 0;

/** Return an id that no other element of the page has. */
export function newId(): string {
  ids += 1;
  return `view-${ids}`;
}

/** Return a section with a heading. */
export function section(title: string, lead: string, ...children: Child[]): HTMLElement {
  const id = newId();
  const about = lead ? h("p", { class: "lead" }, lead) : null;
  return h("section", { class: "view-section", "aria-labelledby": id }, h("h2", { id }, title), about, ...children);
}

/** Return a text with at most three digits after the point, and a true minus. */
export function format(value: number, digits = 2): string {
  return value.toFixed(digits).replace("-", "\u2212");
}

/** The classes with their colours; a class that is chosen stands out in the plane. */
import { button, element } from "../../ui/element";
import { classColour } from "./plane";

/** Return buttons for the classes; without classes an empty line.
 * @param classes - the names
 * @param labels - of the points; null where there are none
 * @param choose - called with the number of the chosen class, or null for all
 */
export function createLegend(
  classes: readonly string[] | null, labels: readonly number[] | null, choose: (label: number | null) => void,
): { element: HTMLElement } {
  const line = element("div", { class: "legend", role: "group", "aria-label": "Show one class" });
  if (!classes || !labels) return { element: line };
  let chosen: number | null = null;
  const buttons = classes.map((name, label) => {
    const dot = element("i", { "aria-hidden": "true" });
    dot.style.background = classColour(label);
    const node = button("", () => {
      chosen = chosen === label ? null : label;
      buttons.forEach((other, at) => { other.setAttribute("aria-pressed", String(at === chosen)); });
      choose(chosen);
    }, { class: "chip", "aria-pressed": "false" });
    node.append(dot, name);
    return node;
  });
  line.append(...buttons);
  return { element: line };
}

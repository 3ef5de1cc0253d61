/** Class bars: one line for each class with its probability. They keep their places while values change. */
import { element } from "./element";
import { percentage } from "./format";

const MOST = 12; // classes; where there are more, the most probable are shown

export interface Bars {
  readonly node: HTMLElement;
  update(probabilities: ArrayLike<number>): void;
}

export function classBars(classes: readonly string[]): Bars {
  const rows = classes.slice(0, MOST).map((name) => {
    const label = element("span", { class: "bar-name" }, name);
    const fill = element("i");
    const value = element("span", { class: "bar-value" }, "–");
    const node = element("li", {}, label, element("span", { class: "bar-track", "aria-hidden": "true" }, fill), value);
    return { node, label, fill, value };
  });
  const node = element("ol", { class: "bars", "aria-label": "Classes with their probabilities" }, ...rows.map((row) => row.node));

  function update(probabilities: ArrayLike<number>): void {
    const order = Array.from(classes, (_, at) => at);
    const best = order.reduce((most, at) => ((probabilities[at] ?? 0) > (probabilities[most] ?? 0) ? at : most), 0);
    if (classes.length > MOST) order.sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
    rows.forEach((row, place) => {
      const at = order[place] ?? 0;
      const share = probabilities[at] ?? 0;
      row.label.textContent = classes[at] ?? "";
      row.fill.style.transform = `scaleX(${String(Math.min(Math.max(share, 0), 1))})`;
      row.value.textContent = percentage(share);
      row.node.classList.toggle("best", at === best);
    });
  }
  return { node, update };
}

/** The editor of numbers: a slider for each, around the values of the example that is shown. */
import { element } from "../ui/element";
import { short } from "../ui/format";
import type { Editor, EditorOptions } from "./editor";

export function numberEditor(options: EditorOptions): Editor {
  const count = options.shape[0] ?? 0;
  let values = new Float32Array(count);
  const rows = Array.from({ length: count }, (_, at) => {
    const input = element("input", { type: "range", min: -1, max: 1, step: "any", "aria-label": `Number ${String(at + 1)}` });
    const output = element("output", {}, "0");
    input.addEventListener("input", (event) => {
      values[at] = input.valueAsNumber;
      output.textContent = short(values[at] ?? 0);
      options.onChange({ values: values.slice(), done: true, time: event.timeStamp });
    });
    return { input, output, node: element("label", { class: "number" }, element("span", {}, String(at + 1)), input, output) };
  });
  return {
    node: element("div", { class: "editor" }, element("div", { class: "numbers" }, ...rows.map((row) => row.node))),
    show(next) {
      values = next.slice();
      rows.forEach(({ input, output }, at) => {
        const value = values[at] ?? 0;
        const reach = Math.max(Math.abs(value) * 2, 0.15);
        input.min = String(Math.min(value - reach, Number(input.min)));
        input.max = String(Math.max(value + reach, Number(input.max)));
        input.value = String(value);
        output.textContent = short(value);
      });
    },
    restore: () => null,
  };
}

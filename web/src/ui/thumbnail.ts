/** A small picture of an example of any kind. */
import { exampleKind } from "../arrays/kind";
import { element } from "./element";
import { pixelCanvas, slices } from "./pixels";
import { plotSeries } from "./series_plot";

export function thumbnail(values: Float32Array, shape: readonly number[], label = ""): Element {
  switch (exampleKind(shape)) {
    case "image":
      return pixelCanvas(values, shape, { label });
    case "volume":
      return pixelCanvas(slices(values, shape, 1)[0] ?? [], shape.slice(1), { label });
    case "series": {
      const plot = plotSeries(shape, 300);
      plot.fitRange(values);
      plot.draw(values);
      plot.node.setAttribute("role", "img");
      plot.node.setAttribute("aria-label", label);
      return plot.node;
    }
    default:
      return element("span", { class: "numbers-mark" }, "·".repeat(3));
  }
}

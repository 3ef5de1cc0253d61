/** The panel "Where it looked": the input as the network gets it, coloured by occlusion. */
import type { Tensor } from "../../page/types";
import { button, element } from "../../ui/element";
import { percentage } from "../../ui/format";
import { savePng } from "../../ui/save";
import { drawHeat, drawPixels, pixelCanvas, slices } from "../../ui/pixels";
import { plotSeries } from "../../ui/series_plot";
import { SLICES } from "../../editors/volume";
import type { ClassifierData } from "../classifier";
import { occlude } from "./occlusion";

export interface LookPanel {
  readonly node: HTMLElement;
  /** Show an input without colours, at once. */
  show(values: Float32Array): void;
  /** Compute and show where the network looked for a class. */
  explain(values: Float32Array, index: number, name: string): Promise<void>;
}

interface Display {
  readonly node: HTMLElement | SVGElement;
  draw(values: Float32Array, heat: Float32Array | null): void;
}

export function lookPanel(data: ClassifierData, probabilities: (inputs: Tensor) => Promise<Float32Array>): LookPanel {
  const display = displays[data.kind](data.shape);
  const caption = element("p", { class: "hint look-caption" }, "This is what the network gets.");
  let shown: Float32Array | null = null;
  const save = button("Save this input", () => { if (shown) savePng(shown, data.shape, "input.png"); });
  const tools = data.kind === "image" ? [element("div", { class: "tools" }, save)] : [];
  const classCount = (shares: Float32Array, rows: number) => shares.length / rows;
  let turn = 0;

  return {
    node: element("div", { class: "panel look" }, element("h2", {}, "Where it looked"), element("div", { class: "look-frame" }, display.node), caption, ...tools),
    show(values) {
      turn += 1;
      shown = values;
      display.draw(values, null);
    },
    async explain(values, index, name) {
      const own = ++turn;
      caption.textContent = "Covering one place after the other …";
      const probability = async (inputs: Tensor) => {
        const shares = await probabilities(inputs);
        const rows = inputs.shape[0] ?? 1;
        return Float32Array.from({ length: rows }, (_, row) => shares[row * classCount(shares, rows) + index] ?? 0);
      };
      const result = await occlude(values, data.shape, data.baseline, probability, () => own !== turn);
      if (!result || own !== turn) return;
      display.draw(values, result.largest > 0.001 ? soften(result.heat, data.shape.slice(0, -1)) : null);
      caption.textContent = result.largest > 0.001
        ? `Covering the reddest place takes up to ${percentage(result.largest)} from “${name}”.`
        : `No single place decides: covering any takes less than 0.1 % from “${name}”.`;
    },
  };
}

/** Return heat as the mean of each place and its neighbours along every axis, so that patches have no edges. */
function soften(heat: Float32Array, axes: readonly number[]): Float32Array {
  let [result, step] = [heat, 1];
  for (const size of [...axes].reverse()) {
    const [before, stride] = [result, step];
    result = before.map((own, at) => {
      const place = Math.floor(at / stride) % size;
      const left = place > 0 ? (before[at - stride] ?? own) : own;
      const right = place < size - 1 ? (before[at + stride] ?? own) : own;
      return (left + own + right) / 3;
    });
    step *= size;
  }
  return result;
}

const displays: Record<ClassifierData["kind"], (shape: number[]) => Display> = {
  image: (shape) => {
    const canvas = pixelCanvas([], shape, { label: "The input, coloured where the network looked" });
    return { node: canvas, draw: (values, heat) => { drawWithHeat(canvas, values, shape, heat); } };
  },
  volume: (shape) => {
    const flat = shape.slice(1);
    const canvases = Array.from({ length: SLICES }, (_, at) => pixelCanvas([], flat, { label: `Slice ${String(at + 1)}` }));
    return {
      node: element("div", { class: "slices" }, ...canvases),
      draw(values, heat) {
        const shown = slices(values, shape, SLICES);
        const heats = heat ? slices(heat, shape.slice(0, -1), SLICES) : null;
        canvases.forEach((canvas, at) => { drawWithHeat(canvas, shown[at] ?? new Float32Array(), flat, heats?.[at] ?? null); });
      },
    };
  },
  series: (shape) => {
    const plot = plotSeries(shape);
    plot.node.setAttribute("role", "img");
    plot.node.setAttribute("aria-label", "The series, coloured where the network looked");
    return {
      node: plot.node,
      draw(values, heat) {
        plot.fitRange(values);
        plot.draw(values);
        plot.heat(heat);
      },
    };
  },
  numbers: (shape) => {
    const node = element("ol", { class: "bars" });
    return {
      node,
      draw(_values, heat) {
        const largest = heat ? Math.max(...heat, 1e-9) : 1;
        node.replaceChildren(...Array.from({ length: shape[0] ?? 0 }, (_, at) => {
          const fill = element("i");
          fill.style.transform = `scaleX(${String((heat?.[at] ?? 0) / largest)})`;
          return element("li", {}, element("span", { class: "bar-name" }, String(at + 1)), element("span", { class: "bar-track" }, fill), element("span", { class: "bar-value" }, heat ? percentage(heat[at] ?? 0) : "–"));
        }));
      },
    };
  },
};

function drawWithHeat(canvas: HTMLCanvasElement, values: Float32Array, shape: number[], heat: Float32Array | null): void {
  if (heat) drawHeat(canvas, values, shape, heat);
  else drawPixels(canvas, values, shape);
}

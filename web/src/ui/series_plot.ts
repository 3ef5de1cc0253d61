/** A plot of a series (time, channels): a line for each channel, and bands of heat behind it. */
import { svg } from "./element";

const WIDTH = 600;
const HEIGHT = 220;

export interface SeriesPlot {
  readonly node: SVGSVGElement;
  /** Choose the range of the values, with a margin; it stays while the series is bent. */
  fitRange(values: Float32Array): void;
  draw(values: Float32Array): void;
  /** Colour each time step by its heat; null removes the colours. */
  heat(heat: ArrayLike<number> | null): void;
  /** Show a line at a time step. */
  mark(at: number | null): void;
  /** Return the time step and the value under a pointer. */
  place(event: PointerEvent): { at: number; value: number };
  /** Return the height of the plot in values. */
  span(): number;
}

export function plotSeries(shape: readonly number[], height = HEIGHT): SeriesPlot {
  const [time = 1, channels = 1] = shape;
  const bands = svg("g", { class: "heat" });
  const cursor = svg("line", { class: "cursor", y1: 0, y2: height, visibility: "hidden" });
  const lines = Array.from({ length: channels }, (_, c) => svg("polyline", { class: `line line-${String(c % 6)}` }));
  const node = svg("svg", { class: "series", viewBox: `0 0 ${String(WIDTH)} ${String(height)}`, preserveAspectRatio: "none" }, bands, cursor, ...lines);
  let [low, high] = [0, 1];
  const x = (at: number) => (time > 1 ? (at / (time - 1)) * WIDTH : WIDTH / 2);

  return {
    node,
    fitRange(values) {
      const least = values.reduce((a, b) => Math.min(a, b), Infinity);
      const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
      const margin = 0.15 * (most - least || 1);
      [low, high] = [least - margin, most + margin];
    },
    draw(values) {
      lines.forEach((line, c) => {
        const points = Array.from({ length: time }, (_, at) => {
          const share = ((values[at * channels + c] ?? 0) - low) / (high - low);
          return `${x(at).toFixed(1)},${(height * (1 - share)).toFixed(1)}`;
        });
        line.setAttribute("points", points.join(" "));
      });
    },
    heat(heat) {
      const hottest = heat ? Array.from(heat).reduce((most, value) => Math.max(most, value), 1e-6) : 1;
      const step = WIDTH / time;
      const bars = Array.from({ length: heat?.length ?? 0 }, (_, at) => svg("rect", {
        x: (at * step).toFixed(2), y: 0, width: (step + 0.3).toFixed(2), height,
        "fill-opacity": (0.6 * Math.max((heat?.[at] ?? 0) / hottest, 0)).toFixed(3),
      }));
      bands.replaceChildren(...bars);
    },
    mark(at) {
      cursor.setAttribute("visibility", at === null ? "hidden" : "visible");
      if (at !== null) for (const end of ["x1", "x2"]) cursor.setAttribute(end, String(x(at)));
    },
    place(event) {
      const box = node.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
      const depth = Math.min(Math.max((event.clientY - box.top) / box.height, 0), 1);
      return { at: Math.round(share * (time - 1)), value: high - depth * (high - low) };
    },
    span: () => high - low,
  };
}

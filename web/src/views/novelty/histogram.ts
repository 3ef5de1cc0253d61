/** The histogram of the test examples' scores, with the threshold and a line at one example. */
import { element, svg } from "../../ui/element";
import { short } from "../../ui/format";

export interface HistogramData {
  low: number;
  high: number;
  /** Examples in equal bins, by kind: normal and novel, or all. */
  counts: Record<string, number[]>;
}

export interface Histogram {
  element: HTMLElement;
  lead: string;
  /** Move the line to a score. */
  mark(score: number): void;
}

const [WIDTH, HEIGHT] = [720, 170];

export function createHistogram(data: HistogramData, threshold: number, normal?: string): Histogram {
  const kinds = Object.entries(data.counts);
  const x = (score: number): number => (WIDTH * (Math.min(data.high, Math.max(data.low, score)) - data.low)) / (data.high - data.low || 1);
  const bars = kinds.flatMap(([kind, counts]) => barsOf(kind, counts));
  const line = svg("line", { class: "here", y1: 0, y2: HEIGHT, x1: 0, x2: 0 });
  const limit = svg("line", { class: "threshold", y1: 0, y2: HEIGHT, x1: x(threshold), x2: x(threshold) });
  const share = x(threshold) / WIDTH;
  const label = element("span", {}, `threshold ${short(threshold)}`);
  label.style.left = `${String(100 * Math.min(0.82, Math.max(0.16, share)))}%`;
  const ends = [element("span", {}, short(data.low)), element("span", {}, `${short(data.high)} +`)] as const;
  ends.forEach((end, at) => { if (at ? share > 0.65 : share < 0.35) end.style.visibility = "hidden"; }); // where the label is
  const ticks = element("p", { class: "ticks" }, ends[0], label, ends[1]);
  const drawing = svg("svg", { viewBox: `0 0 ${String(WIDTH)} ${String(HEIGHT)}`, class: "histogram", role: "img" }, ...bars, limit, line);
  const legend = kinds.map(([kind, counts]) => element("span", { class: `key ${kind}` }, `${title(kind, normal)}, ${counts.reduce((sum, count) => sum + count, 0).toLocaleString("en")}`));
  return {
    element: element("div", {}, drawing, ticks, element("p", { class: "keys" }, ...legend, element("span", { class: "key here" }, "this example"))),
    lead: "Scores of the test examples; each kind has its own scale. Above the threshold, an example is called novel.",
    mark(score) {
      const at = String(x(score));
      line.setAttribute("x1", at);
      line.setAttribute("x2", at);
      drawing.setAttribute("aria-label", `Histogram of scores; this example has ${short(score)}, the threshold is ${short(threshold)}`);
    },
  };
}

function title(kind: string, normal?: string): string {
  if (kind === "normal" && normal !== undefined) return `normal: class ${normal}`;
  return kind === "novel" ? "novel: the other classes" : `${kind} test examples`;
}

function barsOf(kind: string, counts: number[]): SVGElement[] {
  const largest = Math.max(...counts, 1);
  const step = WIDTH / counts.length;
  return counts.map((count, at) => {
    const height = (HEIGHT * count) / largest;
    return svg("rect", { class: kind, x: (at * step).toFixed(1), width: (step - 1).toFixed(1), y: (HEIGHT - height).toFixed(1), height: height.toFixed(1) });
  });
}

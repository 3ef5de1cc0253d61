/** One example on the page: an image as pixels, a series as lines, a volume as its mean along the depth. */
import { element, svg } from "../../ui/element";
import { drawPixels } from "../../ui/pixels";

export interface Picture {
  element: HTMLElement;
  /** Show an example; `behind` is a second one, drawn softly behind the lines of a series. */
  show(values: ArrayLike<number>, behind?: ArrayLike<number>): void;
}

type Range = readonly [number, number];

const COARSE = 96; // pixels of a side up to which pixels are shown as squares
const [WIDTH, HEIGHT] = [240, 120]; // units of the drawing of a series

/** Return whether examples of a shape are shown as pixels. */
export function hasPixels(shape: readonly number[]): boolean {
  return shape.length === 3 || shape.length === 4;
}

/** Return height, width and channels of an image, or of a volume's slice. */
export function imageSizes(shape: readonly number[]): [number, number, number] {
  const [height = 1, width = 1, channels = 1] = shape.length === 4 ? shape.slice(1) : shape;
  return [height, width, channels];
}

/** Return an empty picture of one example.
 * @param shape - of one example, without the batch
 * @param label - what a screen reader says; "" for a decoration
 * @param range - the least and the largest value of a series
 */
export function createPicture(shape: readonly number[], label: string, range: Range = [0, 1]): Picture {
  return hasPixels(shape) ? pixelPicture(shape, label) : linePicture(shape, label, range);
}

function pixelPicture(shape: readonly number[], label: string): Picture {
  const [height, width] = imageSizes(shape);
  const canvas = element("canvas", { width, height, class: "pixels", ...speech(label) });
  canvas.classList.toggle("coarse", Math.max(height, width) <= COARSE);
  const frame = element("div", { class: "picture" }, canvas);
  frame.style.aspectRatio = `${String(width)} / ${String(height)}`;
  return { element: frame, show: (values) => { drawExample(canvas, values, shape); } };
}

function speech(label: string): Record<string, string> {
  return label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
}

/** Draw an example in [0, 1] on a canvas. */
export function drawExample(canvas: HTMLCanvasElement, values: ArrayLike<number>, shape: readonly number[]): void {
  if (shape.length === 4) drawPixels(canvas, meanOverDepth(values, shape), shape.slice(1));
  else drawPixels(canvas, values, shape);
}

function meanOverDepth(values: ArrayLike<number>, shape: readonly number[]): Float32Array {
  const depth = shape[0] ?? 1;
  const size = values.length / depth;
  const mean = Float32Array.from({ length: size }, (_, at) => {
    let sum = 0;
    for (let slice = 0; slice < depth; slice += 1) sum += values[slice * size + at] ?? 0;
    return sum / depth;
  });
  const largest = mean.reduce((most, value) => Math.max(most, value), 1e-12);
  return mean.map((value) => value / largest);
}

function linePicture(shape: readonly number[], label: string, range: Range): Picture {
  const viewBox = `0 0 ${String(WIDTH)} ${String(HEIGHT)}`;
  const drawing = svg("svg", { viewBox, preserveAspectRatio: "none", ...speech(label) });
  return {
    element: element("div", { class: "picture trace" }, drawing),
    show(values, behind) {
      const soft = behind ? lines(behind, shape, range, "behind") : [];
      drawing.replaceChildren(...soft, ...lines(values, shape, range, "front"));
    },
  };
}

function lines(values: ArrayLike<number>, shape: readonly number[], [low, high]: Range, kind: string): SVGElement[] {
  const [steps = 1, channels = 1] = shape;
  return Array.from({ length: channels }, (_, channel) => {
    const points = Array.from({ length: steps }, (_, step) => {
      const share = ((values[step * channels + channel] ?? 0) - low) / (high - low || 1);
      const x = 3 + ((WIDTH - 6) * step) / Math.max(1, steps - 1);
      return `${x.toFixed(1)},${(HEIGHT - 5 - (HEIGHT - 10) * share).toFixed(1)}`;
    });
    return svg("polyline", { points: points.join(" "), class: `${kind} channel-${String(channel % 4)}` });
  });
}

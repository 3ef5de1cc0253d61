/** One example on the page: an image as pixels, a series as lines, a volume as its mean along the depth. */
import { h, s } from "./dom";

export interface Picture {
  element: HTMLElement;
  /** Show an example; `behind` is a second one, drawn softly behind the lines of a series. */
  show(values: ArrayLike<number>, behind?: ArrayLike<number>): void;
}

const COARSE = 96; // pixels of a side up to which pixels are shown as squares

/** Return the axes of an example's pixels: height, width and channels; null if it is no image or volume. */
export function imageShape(shape: readonly number[]): [number, number, number] | null {
  if (shape.length === 3) return [shape[0]!, shape[1]!, shape[2]!];
  return shape.length === 4 ? [shape[1]!, shape[2]!, shape[3]!] : null;
}

/** Return an empty picture of one example.
 * @param shape - of one example, without the batch
 * @param label - what a screen reader says
 * @param range - the least and the largest value of a series
 */
export function createPicture(shape: readonly number[], label: string, range: readonly [number, number] = [0, 1]): Picture {
  return imageShape(shape) ? pixelPicture(shape, label) : linePicture(shape, label, range);
}

function pixelPicture(shape: readonly number[], label: string): Picture {
  const [height, width] = imageShape(shape)!;
  const canvas = h("canvas", { width, height, role: "img", "aria-label": label, class: "pixels" });
  if (Math.max(height, width) <= COARSE) canvas.classList.add("coarse");
  const element = h("div", { class: "picture" }, canvas);
  element.style.aspectRatio = `${width} / ${height}`;
  return { element, show: (values) => drawPixels(canvas, values, shape) };
}

/** Draw an example in [0, 1] on a canvas of its size. */
export function drawPixels(canvas: HTMLCanvasElement, values: ArrayLike<number>, shape: readonly number[]): void {
  const [height, width, channels] = imageShape(shape)!;
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(width, height);
  const flat = shape.length === 4 ? meanOverDepth(values, shape) : values;
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let colour = 0; colour < 3; colour += 1) {
      const channel = channels === 3 ? colour : 0;
      image.data[4 * pixel + colour] = Math.round(255 * Math.min(1, Math.max(0, flat[pixel * channels + channel] ?? 0)));
    }
    image.data[4 * pixel + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function meanOverDepth(values: ArrayLike<number>, shape: readonly number[]): Float32Array {
  const depth = shape[0]!;
  const size = values.length / depth;
  const mean = Float32Array.from({ length: size }, (_, at) => {
    let sum = 0;
    for (let slice = 0; slice < depth; slice += 1) sum += values[slice * size + at] ?? 0;
    return sum / depth;
  });
  const largest = Math.max(1e-12, ...mean);
  return mean.map((value) => value / largest);
}

const WIDTH = 240;
const HEIGHT = 120;

function linePicture(shape: readonly number[], label: string, range: readonly [number, number]): Picture {
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  const element = h("div", { class: "picture trace" }, svg);
  return {
    element,
    show(values, behind) {
      svg.replaceChildren(
        ...(behind ? lines(behind, shape, range, "behind") : []),
        ...lines(values, shape, range, "front"),
      );
    },
  };
}

function lines(values: ArrayLike<number>, shape: readonly number[], range: readonly [number, number], kind: string): SVGElement[] {
  const [steps, channels] = [shape[0] ?? 1, shape[1] ?? 1];
  const [low, high] = range;
  return Array.from({ length: channels }, (_, channel) => {
    const points = Array.from({ length: steps }, (_, step) => {
      const share = ((values[step * channels + channel] ?? 0) - low) / (high - low || 1);
      const x = 3 + ((WIDTH - 6) * step) / Math.max(1, steps - 1);
      return `${x.toFixed(1)},${(HEIGHT - 5 - (HEIGHT - 10) * share).toFixed(1)}`;
    });
    return s("polyline", { points: points.join(" "), class: `${kind} channel-${channel % 4}`, "vector-effect": "non-scaling-stroke" });
  });
}

/** Arrays on canvases: an image, a slice of a volume, a map of heat. */
import { element } from "./element";

export interface PixelOptions {
  /** The values that are black and white; 0 and 1 if not given. */
  range?: [number, number];
  label?: string;
}

/** Return a canvas with an image of shape (height, width, 1, 3 or 4); more channels become their mean. */
export function pixelCanvas(values: ArrayLike<number>, shape: readonly number[], options: PixelOptions = {}): HTMLCanvasElement {
  const canvas = element("canvas", { class: "pixels", role: "img", "aria-label": options.label ?? "image" });
  drawPixels(canvas, values, shape, options);
  return canvas;
}

/** Draw an image on a canvas, one pixel for each; the stylesheet scales it without smoothing. */
export function drawPixels(
  canvas: HTMLCanvasElement, values: ArrayLike<number>, shape: readonly number[], options: PixelOptions = {},
): void {
  put(canvas, imageOf(values, shape, options.range ?? [0, 1]));
}

/** Return the pixels of values. */
function imageOf(values: ArrayLike<number>, shape: readonly number[], [low, high]: [number, number]): ImageData {
  const [height = 1, width = 1, channels = 1] = shape;
  const image = new ImageData(width, height);
  for (let at = 0; at < width * height; at++) {
    for (let c = 0; c < 3; c++) {
      image.data[at * 4 + c] = (255 * (channelOf(values, at * channels, channels, c) - low)) / (high - low);
    }
    image.data[at * 4 + 3] = channels === 4 ? 255 * (values[at * 4 + 3] ?? 1) : 255;
  }
  return image;
}

function put(canvas: HTMLCanvasElement, image: ImageData): void {
  if (canvas.width !== image.width) canvas.width = image.width;
  if (canvas.height !== image.height) canvas.height = image.height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

function channelOf(values: ArrayLike<number>, start: number, channels: number, channel: number): number {
  if (channels === 3 || channels === 4) return values[start + channel] ?? 0;
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += values[start + c] ?? 0;
  return sum / channels;
}

/** Draw a map of heat over an image in grey: the hotter a place, the stronger its colour. */
export function drawHeat(
  canvas: HTMLCanvasElement, values: ArrayLike<number>, shape: readonly number[], heat: ArrayLike<number>,
): void {
  const image = imageOf(values, shape, [0, 1]);
  const hottest = Array.from(heat).reduce((most, value) => Math.max(most, value), 1e-6);
  const [red, green, blue] = [226, 88, 52];
  for (let at = 0; at < heat.length; at++) {
    const share = 0.85 * Math.max((heat[at] ?? 0) / hottest, 0);
    const mix = (c: number, color: number) => {
      image.data[at * 4 + c] = (1 - share) * (image.data[at * 4 + c] ?? 0) + share * color;
    };
    mix(0, red); mix(1, green); mix(2, blue);
  }
  put(canvas, image);
}

/** Return the slices of a volume (depth, height, width, channels) to show: `count` of them, evenly spaced. */
export function slices(values: Float32Array, shape: readonly number[], count: number): Float32Array[] {
  const [depth = 1] = shape;
  const size = values.length / depth;
  return Array.from({ length: count }, (_, at) => {
    const z = Math.floor(((at + 0.5) * depth) / count);
    return values.subarray(z * size, (z + 1) * size);
  });
}

/** A drawing as an input like those of the data: as large, in the middle by its mass, with strokes as wide. */
import { drawStrokes, type Stroke } from "../ui/pad";
import { context2d } from "./image_file";
import { resizeImage } from "./resize";

export interface Drawing {
  ink: number;
  background: number;
  /** The share of the side that the larger side of a drawn shape takes. */
  extent: number;
}

export const STROKE_WIDTH = 0.085; // of the side: 2.4 pixels of 28
const OVERSAMPLING = 8;

/** Return the pixels of a drawing in [0, 1], of shape (side, side, 1). */
export function drawnInput(strokes: readonly Stroke[], side: number, drawing: Drawing): Float32Array {
  const large = side * OVERSAMPLING;
  const context = context2d(large, large);
  const placed = normalize(strokes, drawing.extent);
  let pixels = paint(context, placed, large, drawing);
  const [dx, dy] = offCenter(pixels, large, drawing);
  const moved = placed.map((stroke) => stroke.map(([x, y]) => [x - dx, y - dy] as const));
  pixels = paint(context, moved, large, drawing);
  const small = resizeImage({ width: large, height: large, channels: 1, data: pixels }, side, side, "stretch");
  return Float32Array.from(small.data, (value) => value / 255);
}

/** Scale strokes so that their larger side takes the extent, and put them into the middle. */
function normalize(strokes: readonly Stroke[], extent: number): Stroke[] {
  const points = strokes.flat();
  const [left, right] = span(points.map(([x]) => x));
  const [top, bottom] = span(points.map(([, y]) => y));
  const scale = (extent - STROKE_WIDTH) / Math.max(right - left, bottom - top, 0.05);
  const place = (value: number, low: number, high: number) => 0.5 + scale * (value - (low + high) / 2);
  return strokes.map((stroke) => stroke.map(([x, y]) => [place(x, left, right), place(y, top, bottom)] as const));
}

function span(values: number[]): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b), 1), values.reduce((a, b) => Math.max(a, b), 0)];
}

function paint(
  context: OffscreenCanvasRenderingContext2D, strokes: readonly Stroke[], side: number, drawing: Drawing,
): Uint8Array {
  context.fillStyle = drawing.background > 0.5 ? "#fff" : "#000";
  context.fillRect(0, 0, side, side);
  drawStrokes(context, strokes, side, STROKE_WIDTH, drawing.ink > 0.5 ? "#fff" : "#000");
  const { data } = context.getImageData(0, 0, side, side);
  return Uint8Array.from({ length: side * side }, (_, at) => data[at * 4] ?? 0);
}

/** Return how far the ink's centre of mass is from the middle, as a share of the side; at most the border. */
function offCenter(pixels: Uint8Array, side: number, drawing: Drawing): [number, number] {
  let [mass, sumX, sumY] = [0, 0, 0];
  pixels.forEach((value, at) => {
    const ink = drawing.background > 0.5 ? 255 - value : value;
    mass += ink;
    sumX += ink * (at % side);
    sumY += ink * Math.floor(at / side);
  });
  const border = (1 - drawing.extent) / 2;
  const shift = (sum: number) => {
    const distance = mass ? sum / mass / (side - 1) - 0.5 : 0;
    return Math.min(Math.max(distance, -border), border);
  };
  return [shift(sumX), shift(sumY)];
}

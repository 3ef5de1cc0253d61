/** What zoo/pages/views/latent.py prepares, and the latent space that it describes. */
import type { Drawing } from "../../arrays/drawing";
import type { ArrayFile } from "../../page/types";
import type { ExamplesData, PackedFile } from "../kit/examples";

/** One latent: its number in the code, how active it is, and the range of the test examples. */
export interface Latent {
  index: number;
  activity: number;
  low: number;
  high: number;
}

export interface LatentData {
  encoder: string;
  decoder: string;
  /** The shape of a code without the batch; its numbers are the latents. */
  code_shape: number[];
  /** The plane's coordinates of test examples, shape (n, 2), and their classes, shape (n,). */
  points: PackedFile;
  labels: ArrayFile | null;
  /** From the plane to the code: code = centre + point @ axes, shape (2, latents). */
  axes: number[][];
  centre: number[];
  /** The mean code, where a visit begins. */
  start: number[];
  /** The share of the codes' variance that lies in the plane; 1 where there are two latents. */
  explained: number;
  /** Most active first. */
  latents: Latent[];
  measure: string;
  /** The largest coordinate that the plane shows. */
  extent: { x: [number, number]; y: [number, number] };
  /** The standard deviation of the noise that the encoder learned to remove; 0 if none. */
  noise: number;
  drawing: Drawing | null;
  examples: ExamplesData;
}

export type Point = [number, number];

/** Return the plane's coordinates of a code: (code - centre) @ axes^T. */
export function pointOf(code: ArrayLike<number>, data: LatentData): Point {
  const along = (axis: number[]): number =>
    axis.reduce((sum, weight, at) => sum + weight * ((code[at] ?? 0) - (data.centre[at] ?? 0)), 0);
  return [along(data.axes[0] ?? []), along(data.axes[1] ?? [])];
}

/** Return a code moved in the plane, so that its coordinates are those of a point. */
export function moveTo(code: Float32Array, point: Point, data: LatentData): Float32Array {
  const now = pointOf(code, data);
  const [dx, dy] = [point[0] - now[0], point[1] - now[1]];
  return code.map((value, at) => value + dx * (data.axes[0]?.[at] ?? 0) + dy * (data.axes[1]?.[at] ?? 0));
}

/** Return the code between two codes. */
export function between(start: Float32Array, end: Float32Array, share: number): Float32Array {
  return start.map((value, at) => value + share * ((end[at] ?? 0) - value));
}

/** Return a code with three digits after the point, as the URL holds it. */
export function rounded(code: Float32Array): Float32Array {
  return code.map((value) => Number(value.toFixed(3)));
}

/** Return a code as a text for the URL. */
export function codeText(code: Float32Array): string {
  return Array.from(code, (value) => Number(value.toFixed(3))).join("_");
}

/** Return the code of a text from the URL; null unless it has as many numbers. */
export function codeFromText(text: string | null, size: number): Float32Array | null {
  const values = (text ?? "").split("_").map(Number);
  return text && values.length === size && values.every(Number.isFinite) ? Float32Array.from(values) : null;
}

/** Large images in tiles that fade into each other, as plugins/zoo_deblur_gan/tiled_inference.py cuts them. */

import type { Pixels } from "../../arrays/resize";

export type Span = readonly [start: number, end: number];

export interface Planes {
  /** Rows, then columns, then channels, in [0, 1]. */
  data: Float32Array;
  width: number;
  height: number;
  channels: number;
}

/** Return spans of an axis that overlap by two margins; each begins at a multiple. */
export function spans(size: number, tile: number, margin: number, multiple: number): Span[] {
  const step = Math.max(multiple, Math.floor(tile / multiple) * multiple);
  const result: Span[] = [];
  for (let start = 0; start === 0 || start + 2 * margin < size; start += step) {
    const end = Math.min(size, start + step + 2 * margin);
    result.push([start, end]);
    if (end === size) break;
  }
  return result;
}

/** Return the weights of a tile along an axis: 0 near its ends, 1 in its middle and at the image's ends. */
export function fadeWeights([start, end]: Span, size: number, margin: number, fade: number): Float32Array {
  const inset = margin - fade / 2;
  return Float32Array.from({ length: end - start }, (_, at) => {
    const place = at + 0.5;
    const rise = start === 0 ? 1 : (place - inset) / fade;
    const fall = end === size ? 1 : (end - start - place - inset) / fade;
    return Math.min(1, Math.max(0, Math.min(rise, fall)));
  });
}

/** Return the positions along an axis that a mosaic shows: squares from all over a long one. */
export function mosaicPositions(size: number, squares: number, side: number): number[] {
  if (size <= squares * side) return Array.from({ length: size }, (_, at) => at);
  const starts = Array.from({ length: squares }, (_, at) => Math.floor((at * (size - side)) / (squares - 1)));
  return starts.flatMap((start) => Array.from({ length: side }, (_, at) => start + at));
}

/** Return the colours at some rows and columns of an image of four channels, in [0, 1]. */
export function pick({ data, width }: Pixels, rows: readonly number[], columns: readonly number[]): Planes {
  const result = new Float32Array(rows.length * columns.length * 3);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * width + column) * 4;
      for (let c = 0; c < 3; c += 1) result[at++] = (data[from + c] ?? 0) / 255;
    }
  }
  return { data: result, width: columns.length, height: rows.length, channels: 3 };
}

/** Return the positions of a span. */
export function positions([start, end]: Span): number[] {
  return Array.from({ length: end - start }, (_, at) => start + at);
}

/** A sum of tiles with their weights. */
export class Blend {
  private readonly total: Float32Array;
  private readonly weights: Float32Array;

  constructor(private readonly width: number, height: number, private readonly channels: number) {
    this.total = new Float32Array(width * height * channels);
    this.weights = new Float32Array(width * height);
  }

  /** Add a tile at a row and a column. */
  add(tile: Planes, top: number, left: number, down: Float32Array, across: Float32Array): void {
    for (let row = 0; row < tile.height; row += 1) {
      for (let column = 0; column < tile.width; column += 1) {
        const weight = (down[row] ?? 0) * (across[column] ?? 0);
        if (weight === 0) continue;
        const place = (top + row) * this.width + left + column;
        this.weights[place] = (this.weights[place] ?? 0) + weight;
        for (let c = 0; c < this.channels; c += 1) {
          const at = place * this.channels + c;
          this.total[at] = (this.total[at] ?? 0) + weight * (tile.data[(row * tile.width + column) * this.channels + c] ?? 0);
        }
      }
    }
  }

  /** Return the mean of the tiles. */
  result(): Float32Array {
    for (let place = 0; place < this.weights.length; place += 1) {
      for (let c = 0; c < this.channels; c += 1) {
        const at = place * this.channels + c;
        this.total[at] = (this.total[at] ?? 0) / (this.weights[place] ?? 1);
      }
    }
    return this.total;
  }
}

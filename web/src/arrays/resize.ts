/**
 * Resizing as Pillow's `ImageOps.fit(image, size, BILINEAR)`, bit for bit, so that the page and `zoo apply`
 * give a network the same numbers. 8 bits a channel; a triangle as wide as the scale.
 */

/** Pixels of 8 bits: rows, then columns, then channels. */
export interface Pixels {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array | Uint8ClampedArray;
}

interface Weights {
  first: number;
  weights: number[];
}

type Box = [left: number, top: number, right: number, bottom: number];

const PRECISION = 22; // bits behind the point, as in Pillow's Resample.c

/** Scale an image to cover a size, and cut out its middle. */
export function fit(image: Pixels, width: number, height: number): Pixels {
  if (image.width === width && image.height === height) return image;
  const [left, top, right, bottom] = middle(image.width, image.height, width, height);
  const columns = weightsOf(image.width, left, right, width);
  const rows = weightsOf(image.height, top, bottom, height);
  const changesColumns = width !== image.width || left !== 0 || right !== width;
  const changesRows = height !== image.height || top !== 0 || bottom !== height;
  const inColumns = (from: Pixels) => (changesColumns ? resizeColumns(from, columns) : from);
  const inRows = (from: Pixels) => (changesRows ? resizeRows(from, rows) : from);
  const loss = image.height - height;
  const rowsFirst = loss > 0 && loss > 2 * (image.width - width); // as Pillow 13; 12 and earlier: columns first
  return rowsFirst ? inColumns(inRows(image)) : inRows(inColumns(image));
}

/** Return the largest box in the middle of an image with the shape of the wanted size. */
function middle(width: number, height: number, outWidth: number, outHeight: number): Box {
  const ratio = width / height;
  const wanted = outWidth / outHeight;
  let boxWidth = width;
  let boxHeight = height;
  if (ratio > wanted) boxWidth = wanted * height;
  else if (ratio < wanted) boxHeight = width / wanted;
  const left = (width - boxWidth) * 0.5;
  const top = (height - boxHeight) * 0.5;
  const { fround } = Math; // the box of Pillow is of floats
  return [fround(left), fround(top), fround(left + boxWidth), fround(top + boxHeight)];
}

/** Return which pixels make each pixel of the result, and with what weights. */
function weightsOf(size: number, from: number, to: number, outSize: number): Weights[] {
  const scale = Math.fround(to - from) / outSize;
  const support = Math.max(scale, 1);
  const result: Weights[] = [];
  for (let at = 0; at < outSize; at++) {
    const center = from + (at + 0.5) * scale;
    const first = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), size);
    const triangle: number[] = [];
    for (let x = first; x < end; x++) {
      triangle.push(Math.max(1 - Math.abs((x - center + 0.5) * (1 / support)), 0));
    }
    const sum = triangle.reduce((total, weight) => total + weight, 0);
    const weights = triangle.map((weight) => Math.trunc(0.5 + (weight / (sum || 1)) * 2 ** PRECISION));
    result.push({ first, weights });
  }
  return result;
}

function resizeColumns(image: Pixels, columns: Weights[]): Pixels {
  const { height, channels } = image;
  const data = new Uint8Array(columns.length * height * channels);
  for (let y = 0; y < height; y++) {
    columns.forEach(({ first, weights }, x) => {
      for (let c = 0; c < channels; c++) {
        const start = (y * image.width + first) * channels + c;
        data[(y * columns.length + x) * channels + c] = weigh(image.data, start, channels, weights);
      }
    });
  }
  return { width: columns.length, height, channels, data };
}

function resizeRows(image: Pixels, rows: Weights[]): Pixels {
  const { width, channels } = image;
  const line = width * channels;
  const data = new Uint8Array(rows.length * line);
  rows.forEach(({ first, weights }, y) => {
    for (let at = 0; at < line; at++) {
      data[y * line + at] = weigh(image.data, first * line + at, line, weights);
    }
  });
  return { width, height: rows.length, channels, data };
}

function weigh(data: ArrayLike<number>, start: number, step: number, weights: number[]): number {
  let sum = 2 ** (PRECISION - 1);
  for (let at = 0; at < weights.length; at++) sum += (data[start + at * step] ?? 0) * (weights[at] ?? 0);
  return Math.min(Math.max(Math.floor(sum / 2 ** PRECISION), 0), 255);
}

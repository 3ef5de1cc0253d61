/**
 * Resizing as Pillow's `ImageOps.pad`, `ImageOps.fit` and `resize` with BILINEAR, bit for bit, so that the page
 * and `zoo apply` give a network the same numbers. 8 bits a channel; a triangle as wide as the scale.
 */

/** How an image is brought to another size: scaled as a whole on black, to cover, or each axis by itself. */
export type Resize = "pad" | "crop" | "stretch";

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

/** Bring an image to a size. */
export function resizeImage(image: Pixels, width: number, height: number, resize: Resize): Pixels {
  if (image.width === width && image.height === height) return image;
  if (resize === "crop") return scale(image, width, height, middle(image.width, image.height, width, height));
  if (resize === "stretch") return scale(image, width, height, [0, 0, image.width, image.height]);
  return pad(image, width, height);
}

/** Scale an image as a whole, and put it into the middle of black. */
function pad(image: Pixels, width: number, height: number): Pixels {
  let [innerWidth, innerHeight] = [width, height];
  const ratio = image.width / image.height;
  if (ratio > width / height) innerHeight = round((image.height / image.width) * width);
  else if (ratio < width / height) innerWidth = round((image.width / image.height) * height);
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  if (innerWidth === 0 || innerHeight === 0) return { width, height, channels, data };
  const inner = scale(image, innerWidth, innerHeight, [0, 0, image.width, image.height]);
  const [left, top] = [round((width - innerWidth) / 2), round((height - innerHeight) / 2)];
  for (let y = 0; y < innerHeight; y++) {
    const line = inner.data.subarray(y * innerWidth * channels, (y + 1) * innerWidth * channels);
    data.set(line, ((top + y) * width + left) * channels);
  }
  return { width, height, channels, data };
}

/** Scale a box of an image to a size. */
function scale(image: Pixels, width: number, height: number, [left, top, right, bottom]: Box): Pixels {
  const changesColumns = width !== image.width || left !== 0 || right !== width;
  const changesRows = height !== image.height || top !== 0 || bottom !== height;
  const columns = weightsOf(image.width, left, right, width);
  const rows = weightsOf(image.height, top, bottom, height);
  const inColumns = (from: Pixels) => (changesColumns ? resizeColumns(from, columns) : from);
  const inRows = (from: Pixels) => (changesRows ? resizeRows(from, rows) : from);
  const loss = image.height - height;
  const rowsFirst = loss > 0 && loss > 2 * (image.width - width); // as Pillow 13; 12 and earlier: columns first
  return rowsFirst ? inColumns(inRows(image)) : inRows(inColumns(image));
}

/** Round as Python does: a half goes to the even neighbour. */
function round(value: number): number {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
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

/** An image file as the input of a network: decoded, upright, flattened onto white, scaled, as `zoo apply` does. */
import { resizeImage, type Pixels, type Resize } from "./resize";

const LARGEST = 8192; // the side of an image that a browser can draw

/** Return the pixels of a file as R, G, B and transparency. Throws if it is no image. */
export async function decodeImage(file: Blob): Promise<Pixels> {
  const options = { premultiplyAlpha: "none", colorSpaceConversion: "none" } as const;
  const bitmap = await createImageBitmap(file, options);
  const { width, height } = bitmap;
  if (Math.max(width, height) > LARGEST) throw new Error(`it is larger than ${String(LARGEST)} pixels`);
  const context = context2d(width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data };
}

/** Return an image of four channels as one of 1, 3 or 4; transparent places become white unless 4 are wanted. */
export function withChannels(image: Pixels, channels: number): Pixels {
  if (channels === 4) return image;
  const count = image.width * image.height;
  const data = new Uint8Array(count * channels);
  for (let at = 0; at < count; at++) {
    const alpha = image.data[at * 4 + 3] ?? 255;
    const [red, green, blue] = [0, 1, 2].map((c) => overWhite(image.data[at * 4 + c] ?? 0, alpha)) as [number, number, number];
    if (channels === 1) data[at] = grey(red, green, blue);
    else data.set([red, green, blue], at * channels);
  }
  return { width: image.width, height: image.height, channels, data };
}

/** Return the input of a network of shape (height, width, channels): float32 in [0, 1]. */
export function imageInput(image: Pixels, shape: readonly number[], resize: Resize): Float32Array {
  const [height = image.height, width = image.width, channels = 3] = shape;
  const pixels = resizeImage(withChannels(image, channels), width, height, resize);
  return Float32Array.from(pixels.data, (value) => value / 255);
}

export function context2d(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser cannot draw");
  return context;
}

/** Pillow's L of an RGB image (ITU-R 601, 16 bits behind the point). */
function grey(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** Pillow's alpha_composite over white. */
function overWhite(value: number, alpha: number): number {
  const sum = value * alpha * 128 + 255 * (255 - alpha) * 128 + (0x80 << 7);
  return (((sum >> 8) + sum) >> 8) >> 7;
}

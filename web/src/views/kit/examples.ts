/** The test examples that a page carries: images in one PNG, other examples in an array of whole numbers. */
import type { ArrayFile, Page } from "../../page/types";
import { h } from "./dom";
import { createPicture } from "./picture";
import { volume } from "./tensors";

/** Numbers stored as whole numbers: low + (high - low) stored / largest. */
export interface PackedFile extends ArrayFile {
  low: number;
  high: number;
}

export interface ExamplesData {
  count: number;
  /** Of one example, without the batch. */
  shape: number[];
  /** One PNG with the examples below each other, row by row of `columns`; null where they are no images. */
  sprite: { file: string; columns: number } | null;
  values: PackedFile | null;
  /** The least and the largest value of the data. */
  range: [number, number];
  /** The number of each example's class; null where there are no classes. */
  labels: number[] | null;
}

export interface Examples {
  readonly data: ExamplesData;
  /** Return the numbers of an example. */
  values(index: number): Float32Array;
  /** Return an example's class, or "". */
  label(index: number): string;
}

/** Return the numbers of a packed file. */
export async function unpack(page: Page<never>, packed: PackedFile): Promise<Float32Array> {
  const { data } = await page.array(packed);
  const largest = packed.dtype === "uint16" ? 65535 : 255;
  const scale = (packed.high - packed.low) / largest;
  return Float32Array.from(data as ArrayLike<number>, (stored) => packed.low + scale * stored);
}

/** Load the examples of a page. */
export async function loadExamples(page: Page<never>, data: ExamplesData): Promise<Examples> {
  const size = volume(data.shape);
  const all = data.sprite ? await spriteValues(page, data) : data.values ? await unpack(page, data.values) : new Float32Array();
  const classes = page.content.classes;
  return {
    data,
    values: (index) => all.slice(index * size, (index + 1) * size),
    label: (index) => classes?.[data.labels?.[index] ?? -1] ?? "",
  };
}

async function spriteValues(page: Page<never>, data: ExamplesData): Promise<Float32Array> {
  const image = new Image();
  image.src = await page.address(data.sprite!.file);
  await image.decode();
  const canvas = h("canvas", { width: image.naturalWidth, height: image.naturalHeight });
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(image, 0, 0);
  const [height, width, channels] = [data.shape[0]!, data.shape[1]!, data.shape[2]!];
  const values = new Float32Array(data.count * height * width * channels);
  for (let index = 0; index < data.count; index += 1) {
    const left = (index % data.sprite!.columns) * width;
    const top = Math.floor(index / data.sprite!.columns) * height;
    const pixels = context.getImageData(left, top, width, height).data;
    for (let pixel = 0; pixel < height * width; pixel += 1) {
      for (let channel = 0; channel < channels; channel += 1) {
        values[(index * height * width + pixel) * channels + channel] = pixels[4 * pixel + channel]! / 255;
      }
    }
  }
  return values;
}

export interface Picker {
  element: HTMLFieldSetElement;
  /** Mark an example without calling `pick`; null marks none. */
  mark(index: number | null): void;
}

/** Return radio buttons with a small picture of each example.
 * @param examples - the examples
 * @param legend - what is chosen
 * @param pick - called with the number of the chosen example
 */
export function createPicker(examples: Examples, legend: string, pick: (index: number) => void): Picker {
  const name = `pick-${Math.random().toString(36).slice(2)}`;
  const inputs = Array.from({ length: examples.data.count }, (_, index) =>
    h("input", { type: "radio", name, value: index, onchange: () => pick(index) }),
  );
  const choices = inputs.map((input, index) => {
    const label = examples.label(index);
    const words = label ? `Test example ${index + 1}, class ${label}` : `Test example ${index + 1}`;
    const picture = createPicture(examples.data.shape, words, examples.data.range);
    picture.show(examples.values(index));
    input.setAttribute("aria-label", words);
    picture.element.firstElementChild?.removeAttribute("role");
    picture.element.setAttribute("aria-hidden", "true");
    return h("label", { class: "choice", title: words }, input, picture.element);
  });
  const element = h("fieldset", { class: "picker" }, h("legend", {}, legend), h("div", { class: "choices" }, ...choices));
  return {
    element,
    mark(index) {
      for (const [at, input] of inputs.entries()) input.checked = at === index;
    },
  };
}

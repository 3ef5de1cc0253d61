/** The test examples that a page carries, and the strip that chooses one. */
import { example, sizeOf } from "../../arrays/tensor";
import type { ArrayFile, Page } from "../../page/types";
import { exampleStrip, type Strip } from "../../ui/strip";
import { thumbnail } from "../../ui/thumbnail";

/** Numbers stored as whole numbers: low + (high - low) stored / 65535. */
export interface PackedFile extends ArrayFile {
  low: number;
  high: number;
}

export interface ExamplesData {
  /** uint8 values are 255 times the numbers. */
  inputs: ArrayFile;
  /** The number of each example's class; null where there are no classes. */
  targets: number[] | null;
  /** The least and the largest number of the data. */
  range: [number, number];
}

export interface Examples {
  readonly count: number;
  /** Of one example, without the batch. */
  readonly shape: readonly number[];
  readonly range: readonly [number, number];
  /** Return the numbers of an example. */
  values(index: number): Float32Array;
  /** Return the number of an example's class; null where there are no classes. */
  target(index: number): number | null;
  /** Return an example in words. */
  title: (index: number) => string;
}

/** Return the numbers of a packed file. */
export async function unpack(page: Page, packed: PackedFile): Promise<Float32Array> {
  const { data } = await page.array(packed);
  const scale = (packed.high - packed.low) / 65535;
  return Float32Array.from(data as ArrayLike<number>, (stored) => packed.low + scale * stored);
}

/** Load the examples of a page. */
export async function loadExamples(page: Page, data: ExamplesData): Promise<Examples> {
  const stored = await page.array(data.inputs);
  const [count = 0, ...shape] = data.inputs.shape;
  const { classes } = page.content;
  const target = (index: number): number | null => data.targets?.[index] ?? null;
  return {
    count,
    shape,
    range: data.range,
    values: (index) => (sizeOf(shape) ? example(stored, index) : new Float32Array()),
    target,
    title(index) {
      const name = classes?.[target(index) ?? -1];
      return name === undefined ? `Test example ${String(index + 1)}` : `Test example ${String(index + 1)}, class ${name}`;
    },
  };
}

/** Return a strip of buttons with a small picture of each example. */
export function createStrip(examples: Examples, choose: (index: number) => void): Strip {
  const indices = Array.from({ length: examples.count }, (_, index) => index);
  const pictures = indices.map((index) => thumbnail(examples.values(index), examples.shape));
  return exampleStrip(pictures, indices.map(examples.title), choose);
}

/** What page.json holds, what a view gets, and what it must be. docs/pages.md explains each. */

import type { Resize } from "../arrays/resize";

/** The dtypes of arrays in files and of tensors; the names are those of NumPy and ONNX. */
export type Dtype =
  | "float32" | "float64" | "float16" | "int8" | "int16" | "int32" | "int64"
  | "uint8" | "uint16" | "uint32" | "uint64" | "bool";

export type Values =
  | Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array
  | Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/** An array in memory. `float16` values are in a Uint16Array, `bool` values in a Uint8Array. */
export interface Tensor {
  dtype: Dtype;
  shape: number[];
  data: Values;
}

export type Tensors = Record<string, Tensor>;

/** An array in a file of its own, little-endian; the path is relative to page.json. */
export interface ArrayFile {
  file: string;
  dtype: Dtype;
  shape: number[];
}

/** An input or output of a part, as report.json has it; a text is the name of a free size. */
export interface TensorInfo {
  name: string;
  dtype: Dtype;
  shape: (number | string)[];
  expects: string;
}

export interface PartInfo {
  file: string;
  bytes: number;
  sha256: string;
  inputs: TensorInfo[];
  outputs: TensorInfo[];
}

/** One of the export's own tests of a part: inputs, and the outputs that Keras computes from them. */
export interface PartTest {
  inputs: Record<string, ArrayFile>;
  outputs: Record<string, ArrayFile>;
  /** The factor of the tolerance for each output, at most 1 (zoo/exporters/parts/probes.py). */
  scales: Record<string, number>;
}

/** A titled list of facts of the model's card. */
export interface CardSection {
  title: string;
  rows: [string, string][];
}

export interface Link {
  label: string;
  file: string;
}

/** The content of page.json. `Data` is what the view's Python module prepared. */
export interface PageFile<Data = unknown> {
  format: 1;
  name: string;
  summary: string;
  /** The module in src/views that shows the page. */
  view: string;
  architecture: string;
  classes: string[] | null;
  /** How image files are brought to the shape that a part takes (zoo/data/images.py). */
  resize: Resize;
  parts: Record<string, PartInfo>;
  tolerance: { absolute: number; relative: number };
  tests: Record<string, PartTest[]>;
  card: CardSection[];
  links: Link[];
  /** The picture of the model in an index, or null. */
  picture: string | null;
  data: Data;
}

/** The open page: its content, its files, and its state in the URL. */
export interface Page<Data = unknown> {
  readonly content: PageFile<Data>;
  /** Return an array of a file; each file is read once. */
  array(file: ArrayFile): Promise<Tensor>;
  /** Return an address for the `src` of an image, also where all files are in one HTML. */
  address(file: string): Promise<string>;
  readonly state: State;
}

/** The part of the page's state that is in the URL, after the #. */
export interface State {
  get(name: string): string | null;
  /** Set some entries; null removes one. The visitor's history gets no entry. */
  set(entries: Record<string, string | number | null>): void;
  /** Call a function when the visitor follows a link to another state of this page. */
  onChange(listener: () => void): void;
}

/** The parts of the model. They run in a worker, one run after the other, so that nothing freezes. */
export interface Session {
  /** Run a part on its inputs by name, and return its outputs by name. The inputs stay usable. */
  run(part: string, inputs: Tensors): Promise<Tensors>;
  /** Load the bytes of a part, changed, under another name, which `run` then takes. */
  edit(part: string, name: string, change: (file: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): Promise<void>;
}

/** Build a view into an empty container. What is shown at once must be there when this returns. */
export type Mount<Data = unknown> = (
  container: HTMLElement,
  page: Page<Data>,
  session: Session,
) => void | Promise<void>;

/** Tensors: arrays of numbers with a dtype and a shape. */
import type { ArrayFile, Dtype, Tensor, Values } from "../page/types";

const CONSTRUCTORS = {
  float32: Float32Array, float64: Float64Array, float16: Uint16Array,
  int8: Int8Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array,
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Return the array of a file. Throws if the file has another size than page.json says. */
export function toTensor(file: ArrayFile, bytes: Uint8Array<ArrayBuffer>): Tensor {
  const Constructor = CONSTRUCTORS[file.dtype];
  const expected = sizeOf(file.shape) * Constructor.BYTES_PER_ELEMENT;
  if (bytes.byteLength !== expected) {
    throw new Error(`${file.file} has ${String(bytes.byteLength)} bytes, expected ${String(expected)}`);
  }
  const buffer = bytes.byteOffset === 0 ? bytes.buffer : bytes.slice().buffer;
  return { dtype: file.dtype, shape: file.shape, data: new Constructor(buffer) };
}

/** Return a tensor of float32. */
export function tensor(data: Float32Array, shape: number[]): Tensor {
  return { dtype: "float32", shape, data };
}

/** Return zeros of a dtype. */
export function zeros(dtype: Dtype, shape: number[]): Tensor {
  return { dtype, shape, data: new CONSTRUCTORS[dtype](sizeOf(shape)) };
}

/** Return example `index` of examples (n, ...) as float32; uint8 is divided by 255, as in Python. */
export function example(examples: Tensor, index: number): Float32Array {
  const size = sizeOf(examples.shape.slice(1));
  return asFloat(examples, index * size, (index + 1) * size);
}

/** Return the inputs of a part for one example: (1, ...). */
export function batchOfOne(values: Float32Array, shape: readonly number[]): Tensor {
  return tensor(values, [1, ...shape]);
}

/** Return the values as float32; those of uint8 are divided by 255. */
export function asFloat(source: Tensor, from = 0, to = source.data.length): Float32Array {
  const values = new Float32Array(to - from);
  const divisor = source.dtype === "uint8" ? 255 : 1;
  for (let at = from; at < to; at++) values[at - from] = Number(source.data[at]) / divisor;
  return values;
}

export function numbers(values: Values): number[] {
  return Array.from(values as ArrayLike<number | bigint>, Number);
}

export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if ((values[at] ?? 0) > (values[best] ?? 0)) best = at;
  return best;
}

/** Tensors of float32 numbers, which is what every part of these views takes and returns. */
import type { PartInfo, Tensor, Tensors, Session } from "../../page/types";

/** Return a tensor of float32. */
export function tensor(data: Float32Array, ...shape: number[]): Tensor {
  return { dtype: "float32", shape, data };
}

/** Return the numbers of a tensor as float32. */
export function numbers(value: Tensor | undefined): Float32Array {
  if (!value) throw new Error("The part has no such output.");
  if (value.data instanceof Float32Array) return value.data;
  return Float32Array.from(value.data as ArrayLike<number>, Number);
}

/** Return the product of sizes. */
export function volume(shape: readonly (number | string)[]): number {
  return shape.reduce<number>((product, size) => product * Number(size), 1);
}

/** Return the sizes of one example of a part's input, without the batch. */
export function inputShape(part: PartInfo | undefined, index = 0): number[] {
  return (part?.inputs[index]?.shape ?? []).slice(1).map(Number);
}

/** Run a part that has one input on a batch, and return its first output. */
export async function runFirst(
  session: Session,
  role: string,
  part: PartInfo,
  data: Float32Array,
): Promise<Float32Array> {
  const [input, output] = [part.inputs[0], part.outputs[0]];
  if (!input || !output) throw new Error(`The part ${role} has no input or no output.`);
  const size = volume(input.shape.slice(1));
  const feeds: Tensors = { [input.name]: tensor(data, data.length / size, ...input.shape.slice(1).map(Number)) };
  return numbers((await session.run(role, feeds))[output.name]);
}

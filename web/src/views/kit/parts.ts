/** The parts of a page as functions of arrays. */
import { asFloat, tensor } from "../../arrays/tensor";
import type { PageFile, Session, Tensor, Tensors } from "../../page/types";

export type PartFunction = (...inputs: Float32Array[]) => Promise<Float32Array[]>;

/** Return a function from batches of a part's inputs, in order, to its outputs, in order. */
export function partFunction(content: PageFile, session: Session, role: string): PartFunction {
  const part = content.parts[role];
  if (!part) throw new Error(`the page has no part ${role}`);
  return async (...inputs) => {
    const feeds: Tensors = {};
    for (const [at, { name, shape }] of part.inputs.entries()) {
      const values = inputs[at] ?? new Float32Array();
      const sizes = shape.slice(1).map(Number);
      feeds[name] = tensor(values, [values.length / sizes.reduce((product, size) => product * size, 1), ...sizes]);
    }
    const outputs = await session.run(role, feeds);
    return part.outputs.map(({ name }) => floats(outputs[name]));
  };
}

/** Return the numbers of an output as float32. */
export function floats(output: Tensor | undefined): Float32Array {
  if (!output) throw new Error("the part has no such output");
  return output.data instanceof Float32Array ? output.data : asFloat(output);
}

/** Return the first output. */
export function first(outputs: Float32Array[]): Float32Array {
  const [output] = outputs;
  if (!output) throw new Error("the part has no output");
  return output;
}

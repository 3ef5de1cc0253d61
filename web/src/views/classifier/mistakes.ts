/** The network's mistakes that come nearest to what it says now, by its own probabilities. */
import { argmax, example } from "../../arrays/tensor";
import type { Tensor } from "../../page/types";

export interface MistakeArrays {
  inputs: Tensor;
  targets: Tensor;
  probabilities: Tensor;
}

export interface Mistake {
  values: Float32Array;
  target: number;
  answer: number;
}

/** Return the nearest mistakes by Hellinger's distance between probabilities. */
export function nearestMistakes(arrays: MistakeArrays, probabilities: ArrayLike<number>, count: number): Mistake[] {
  const classes = arrays.probabilities.shape[1] ?? 1;
  const roots = Array.from(probabilities, (value) => Math.sqrt(Math.max(value, 0)));
  const rows = Array.from({ length: arrays.inputs.shape[0] ?? 0 }, (_, row) => {
    const own = arrays.probabilities.data.slice(row * classes, (row + 1) * classes) as Float32Array;
    const distance = roots.reduce((sum, root, at) => sum + (root - Math.sqrt(Math.max(own[at] ?? 0, 0))) ** 2, 0);
    return { row, own, distance };
  });
  rows.sort((a, b) => a.distance - b.distance);
  return rows.slice(0, count).map(({ row, own }) => ({
    values: example(arrays.inputs, row),
    target: Number(arrays.targets.data[row]),
    answer: argmax(own),
  }));
}

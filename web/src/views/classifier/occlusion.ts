/**
 * Where a classifier looked: by how much its probability falls when a place is covered (occlusion; Zeiler &
 * Fergus 2014, arXiv:1311.2901). It is computed in small batches, so that new input is answered in between.
 */
import { sizeOf, tensor } from "../../arrays/tensor";
import type { Tensor } from "../../page/types";

const BATCH_VALUES = 2 ** 17; // numbers in a batch, at most
const PLACES = [Infinity, 24, 11, 5]; // patches along an axis, by the number of axes

export interface Occlusion {
  /** The probability that covering a place takes away, on average; shape without the channels. */
  heat: Float32Array;
  largest: number;
}

/** Return the heat, or null if `isStale` says that it is no longer wanted. */
export async function occlude(
  values: Float32Array, shape: readonly number[], baseline: readonly number[],
  probability: (inputs: Tensor) => Promise<Float32Array>, isStale: () => boolean,
): Promise<Occlusion | null> {
  const axes = shape.slice(0, -1);
  const channels = shape.at(-1) ?? 1;
  const patches = patchesOf(axes);
  const [whole = 0] = await probability(tensor(values, [1, ...shape]));
  const heat = new Float32Array(sizeOf(axes));
  const covers = new Float32Array(heat.length);
  let largest = 0;
  const batch = Math.max(Math.min(Math.floor(BATCH_VALUES / values.length), 16), 1);
  for (let start = 0; start < patches.length; start += batch) {
    const group = patches.slice(start, start + batch);
    const inputs = new Float32Array(group.length * values.length);
    group.forEach((places, row) => {
      inputs.set(values, row * values.length);
      for (const place of places) {
        for (let c = 0; c < channels; c++) inputs[row * values.length + place * channels + c] = baseline[c] ?? 0;
      }
    });
    const probabilities = await probability(tensor(inputs, [group.length, ...shape]));
    if (isStale()) return null;
    group.forEach((places, row) => {
      const loss = whole - (probabilities[row] ?? 0);
      largest = Math.max(largest, loss);
      for (const place of places) {
        heat[place] = (heat[place] ?? 0) + loss;
        covers[place] = (covers[place] ?? 0) + 1;
      }
    });
  }
  return { heat: heat.map((sum, at) => Math.max(sum / (covers[at] || 1), 0)), largest };
}

/** Return the places of each patch; patches overlap by half. */
function patchesOf(axes: readonly number[]): number[][] {
  const most = PLACES[axes.length] ?? 5;
  const sides = axes.map((size) => {
    const step = Math.max(Math.ceil(size / Math.min(most, 14 * 2)), 1);
    const side = Math.min(Math.max(step * 2, Math.round(size / 7)), size);
    const starts: number[] = [];
    for (let at = 0; at + side < size; at += step) starts.push(at);
    return [...starts, size - side].map((at) => Array.from({ length: side }, (_, offset) => at + offset));
  });
  return sides.reduce<number[][]>((patches, starts, axis) => {
    const size = axes[axis] ?? 1;
    return patches.flatMap((patch) => starts.map((line) => patch.flatMap((place) => line.map((at) => place * size + at))));
  }, [[0]]);
}

/** Arrays in .npy files, which `zoo apply` takes too: real and whole numbers, little-endian, rows first. */
import type { Dtype } from "../page/types";
import { asFloat, sizeOf, toTensor } from "./tensor";

const DTYPES: Record<string, Dtype> = {
  "<f4": "float32", "<f8": "float64", "<i4": "int32", "<i8": "int64", "<i2": "int16", "|u1": "uint8", "|i1": "int8",
};

/** Return the array of a file as float32; uint8 is divided by 255. Throws if it has another shape. */
export function readNpy(bytes: Uint8Array<ArrayBuffer>, shape: readonly number[]): Float32Array {
  if (String.fromCharCode(...bytes.subarray(1, 6)) !== "NUMPY") throw new Error("it is no .npy file");
  const view = new DataView(bytes.buffer);
  const isFirstVersion = bytes[6] === 1;
  const start = isFirstVersion ? 10 : 12;
  const length = isFirstVersion ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, start + length));
  const dtype = DTYPES[/'descr':\s*'([^']+)'/.exec(header)?.[1] ?? ""];
  if (!dtype || header.includes("'fortran_order': True")) throw new Error("its numbers are of a kind that this page does not read");
  const own = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? "").split(",").map((size) => size.trim()).filter(Boolean).map(Number);
  if (own.join() !== shape.join()) {
    throw new Error(`its shape is (${own.join(", ")}); the model takes (${shape.join(", ")})`);
  }
  const content = bytes.slice(start + length);
  if (sizeOf(own) === 0 || content.length === 0) throw new Error("it is empty");
  const values = asFloat(toTensor({ file: "the file", dtype, shape: own }, content));
  if (!values.every(Number.isFinite)) throw new Error("it holds a value that is not a finite number");
  return values;
}

// Runs all files of a manifest, in Node or in a browser; the caller says how to read and write.

// Of each dtype: ONNX Runtime's word for it, and the kind of array.
const DTYPES = {
  float32: ["float32", Float32Array],
  float64: ["float64", Float64Array],
  float16: ["float16", globalThis.Float16Array ?? Uint16Array],
  int8: ["int8", Int8Array],
  int16: ["int16", Int16Array],
  int32: ["int32", Int32Array],
  int64: ["int64", BigInt64Array],
  uint8: ["uint8", Uint8Array],
  bool: ["bool", Uint8Array],
};

/** Run every set of every file; results.json is written again after each file. */
export async function runFiles(manifest, ort, { open, read, write, runtime, version }) {
  const files = [];
  let written = 0;

  async function runSet(session, set) {
    try {
      const inputs = {};
      for (const [name, array] of Object.entries(set.inputs)) {
        inputs[name] = toTensor(array, await read(array.file));
      }
      const start = performance.now();
      const results = await session.run(inputs);
      const seconds = (performance.now() - start) / 1000;
      const outputs = {};
      for (const [name, { type, dims, data }] of Object.entries(results)) {
        const file = `out-${written++}.bin`;
        await write(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        outputs[name] = { dtype: type, shape: [...dims], file };
      }
      return { error: null, seconds, outputs };
    } catch (error) {
      return { error: oneLine(error), seconds: null, outputs: {} };
    }
  }

  function toTensor({ dtype, shape }, buffer) {
    if (!(dtype in DTYPES)) throw new Error(`this program has no dtype ${dtype}`);
    const [type, Kind] = DTYPES[dtype];
    return new ort.Tensor(type, new Kind(buffer), shape);
  }

  async function runFile({ id, path, data, sets }) {
    try {
      const start = performance.now();
      const session = await open(path, data);
      const load_seconds = (performance.now() - start) / 1000;
      const results = [];
      for (const set of sets) results.push(await runSet(session, set));
      await session.release();
      return { id, error: null, load_seconds, sets: results };
    } catch (error) {
      return { id, error: oneLine(error), load_seconds: null, sets: [] };
    }
  }

  for (const file of manifest.files) {
    files.push(await runFile(file));
    await write("results.json", JSON.stringify({ runtime, version, files }));
  }
}

function oneLine(error) {
  return String(error?.message ?? error).replace(/\s+/g, " ").trim();
}

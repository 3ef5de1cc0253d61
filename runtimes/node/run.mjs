// Runs the ONNX files of a folder in ONNX Runtime for Node: node run.mjs FOLDER
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { runFiles } from "./manifest.mjs";

const folder = process.argv[2];
const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
const options = { logSeverityLevel: 4 };

await runFiles(manifest, ort, {
  open: (path) => ort.InferenceSession.create(path, options),
  read: async (name) => new Uint8Array(await readFile(join(folder, name))).buffer,
  write: (name, bytes) => writeFile(join(folder, name), bytes),
  runtime: "onnxruntime-node",
  version: ort.env.versions.node,
});

/**
 * Builds keras_zoo_web: the program of every page, one for each view, the worker's, the styles, an icon, and
 * ONNX Runtime's WebAssembly, packed. A page loads app.js and the one view that it shows.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const OUT = "keras_zoo_web";
const RUNTIME = "node_modules/onnxruntime-web";
const VIEWS = readdirSync("src/views").filter((name) => name.endsWith(".ts")).map((name) => name.slice(0, -3));

/** The page gives the WebAssembly to the runtime itself, so the runtime must not name a file of its own. */
const runtime = {
  name: "runtime",
  enforce: "pre",
  transform(code, id) {
    if (!id.includes("onnxruntime-web")) return null;
    const changed = code
      .replace(/new URL\("ort-wasm[\w.-]*\.wasm",\s*import\.meta\.url\)\.href/g, '""')
      .replaceAll("import.meta.url", "self.location.href"); // a worker from a blob: is a classic script
    return { code: changed, map: null };
  },
};

/** Bundle one script that is no module, so that it also runs inside one HTML file; `name` gets its exports. */
function bundle(entry, file, name, isFirst = false) {
  return build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    plugins: [runtime],
    build: {
      outDir: OUT,
      emptyOutDir: isFirst,
      target: "es2022",
      reportCompressedSize: false,
      lib: { entry, name, formats: ["iife"], fileName: () => file, cssFileName: "app" },
    },
  });
}

await bundle("src/main.ts", "app.js", "zooApp", true);
await bundle("src/session/worker.ts", "worker.js", "zooWorker");
for (const view of VIEWS) await bundle(`src/views/${view}.ts`, `view.${view}.js`, "zooView");

writeFileSync(join(OUT, "icon.svg"), readFileSync("src/icon.svg"));
const wasm = readFileSync(join(RUNTIME, "dist/ort-wasm-simd-threaded.wasm"));
writeFileSync(join(OUT, "ort.wasm.gz"), gzipSync(wasm, { level: 9 }));
const { version, license } = JSON.parse(readFileSync(join(RUNTIME, "package.json"), "utf8"));
const notice = `onnxruntime-web ${version}, ${license}, Copyright (c) Microsoft Corporation. All rights reserved.`;
const permission = readFileSync("onnxruntime-license.txt", "utf8");
const own = readFileSync("LICENSE", "utf8");
writeFileSync(join(OUT, "LICENSES.txt"), `${notice}\n\n${permission}\nThe rest is keras-zoo-web:\n\n${own}`);

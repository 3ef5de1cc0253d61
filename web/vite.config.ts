/** Builds keras_zoo_web: one program, one stylesheet, an icon, and ONNX Runtime's WebAssembly, packed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const OUT = "keras_zoo_web";
const RUNTIME = "node_modules/onnxruntime-web";

/** The page gives the WebAssembly to the runtime itself, so the runtime must not name a file of its own. */
function runtime(): Plugin {
  return {
    name: "runtime",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("onnxruntime-web")) return null;
      const changed = code
        .replace(/new URL\("ort-wasm[\w.-]*\.wasm",\s*import\.meta\.url\)\.href/g, '""')
        .replaceAll("import.meta.url", "self.location.href"); // a worker from a blob: is a classic script
      return { code: changed, map: null };
    },
    writeBundle() {
      const wasm = readFileSync(join(RUNTIME, "dist/ort-wasm-simd-threaded.wasm"));
      writeFileSync(join(OUT, "ort.wasm.gz"), gzipSync(wasm, { level: 9 }));
      const own = readFileSync("LICENSE", "utf8");
      const { version, license } = JSON.parse(readFileSync(join(RUNTIME, "package.json"), "utf8")) as Record<string, string>;
      const notice = `onnxruntime-web ${version}, ${license}, Copyright (c) Microsoft Corporation. All rights reserved.`;
      writeFileSync(join(OUT, "LICENSES.txt"), `${notice}\n\n${MIT}\n\nThe rest is keras-zoo-web:\n\n${own}`);
    },
  };
}

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the
Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
IN THE SOFTWARE.`;

export default defineConfig({
  base: "./",
  plugins: [runtime()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    reportCompressedSize: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false, // a script that is no module would hold the styles
    rollupOptions: {
      input: "src/main.ts",
      output: { format: "iife", entryFileNames: "app.js", assetFileNames: "app[extname]", codeSplitting: false },
    },
  },
});

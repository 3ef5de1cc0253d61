// Runs the ONNX files of a folder in a browser: node run.mjs BROWSER FOLDER
// A page runs the files in ONNX Runtime Web. This program serves the page to a headless browser.
import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";

const [browser, folder] = process.argv.slice(2);
const here = import.meta.dirname;
const library = join(here, "node_modules", "onnxruntime-web", "dist");
const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
const TYPES = { ".html": "text/html", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** Return the path of what the page asks for: its own files, the library, the folder, a model. */
function place(url) {
  const [, root, name] = url.split("/");
  if (root === "library") return join(library, basename(name));
  if (root === "folder") return join(folder, basename(name));
  if (root === "files") return manifest.files[Number(name)].path;
  if (root === "data") return manifest.files[Number(name)].data;
  if (root === "manifest.mjs") return join(here, "..", "node", root);
  return join(here, "page.html");
}

async function answer(request, response) {
  try {
    const path = place(request.url);
    if (request.method === "GET") {
      const { size } = await stat(path);
      response.setHeader("Content-Type", TYPES[extname(path)] ?? "application/octet-stream");
      response.setHeader("Content-Length", size);
      return await pipeline(createReadStream(path), response); // readFile takes 2 GiB at most
    }
    const body = [];
    for await (const chunk of request) body.push(chunk);
    if (request.url === "/end") stop(0);
    else await writeFile(path, Buffer.concat(body));
    response.end();
  } catch (error) {
    if (response.headersSent) response.destroy();
    else response.writeHead(404, String(error.code ?? error.name)).end();
  }
}

const server = createServer(answer);
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const options = ["--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
if (process.getuid?.() === 0) options.push("--no-sandbox"); // Chromium has none for root
options.push(`--user-data-dir=${join(folder, "profile")}`, `http://127.0.0.1:${server.address().port}/`);
const child = spawn(browser, options, { stdio: ["ignore", "ignore", "inherit"] });
child.on("error", (error) => stop(1, error));
child.on("exit", (code) => stop(1, `the browser ended by itself, with the exit code ${code}`));

let stopped = false;

async function stop(code, problem = "") {
  if (stopped) return;
  stopped = true;
  if (problem) console.error(String(problem));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  if (child.exitCode === null && child.kill()) await ended;
  process.exit(code);
}

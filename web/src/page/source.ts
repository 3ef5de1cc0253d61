/** Where the files of a page are: beside the HTML, or inside it (zoo page --one-file). */

export interface Source {
  bytes(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Return an address for an image or a link. */
  address(path: string): Promise<string>;
  /** Return the bytes of ONNX Runtime's WebAssembly. */
  runtime(): Promise<Uint8Array<ArrayBuffer>>;
  /** Return the address of the worker's program. */
  worker(): Promise<string>;
}

const TYPES: Record<string, string> = { png: "image/png", webp: "image/webp", js: "text/javascript" };

/** Return the source of the page that is open; `folder` ends in a slash, or is empty. */
export function openSource(folder = ""): Source {
  return document.querySelector("script[data-file]") ? inlineSource() : fetchedSource(folder);
}

function fetchedSource(folder: string): Source {
  const assets = document.body.dataset["assets"] ?? "assets/";
  return {
    bytes: (path) => fetchBytes(folder + path),
    address: (path) => Promise.resolve(folder + path),
    runtime: async () => unzip(await fetchBytes(`${assets}ort.wasm.gz`)),
    worker: () => Promise.resolve(`${assets}worker.js`),
  };
}

function inlineSource(): Source {
  const addresses = new Map<string, Promise<string>>();
  const read = async (path: string) => {
    const node = document.querySelector(`script[data-file="${CSS.escape(path)}"]`);
    if (!node) throw new Error(`${path} is not in this file`);
    return unzip(decodeBase64(node.textContent.trim()));
  };
  const address = (path: string) => {
    const type = TYPES[path.split(".").pop() ?? ""] ?? "text/plain;charset=utf-8";
    const make = async () => URL.createObjectURL(new Blob([await read(path)], { type }));
    const made = addresses.get(path) ?? make();
    addresses.set(path, made);
    return made;
  };
  return { bytes: read, address, runtime: () => read("ort.wasm"), worker: () => address("worker.js") };
}

async function fetchBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${String(response.status)} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Return the content of gzip; bytes that a server has unpacked already are returned as they are. */
export async function unzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

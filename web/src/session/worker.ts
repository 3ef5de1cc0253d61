/** The worker: ONNX Runtime Web on one thread, and the parts that are loaded. */
import * as ort from "onnxruntime-web/wasm";
import type { Dtype, Tensors, Values } from "../page/types";
import type { Answer, Numbered, Request } from "./messages";

interface Scope {
  onmessage: ((event: MessageEvent<Numbered>) => void) | null;
  postMessage(answer: Answer, transfer: Transferable[]): void;
}

const sessions = new Map<string, ort.InferenceSession>();

/** Answer the page's requests, one after the other. */
function serve(): void {
  const scope = self as unknown as Scope;
  let last: Promise<void> = Promise.resolve();
  scope.onmessage = ({ data: { id, request } }) => {
    last = last.then(() => answer(request)).then(
      (outputs) => { scope.postMessage({ id, outputs }, buffersOf(outputs)); },
      (error: unknown) => { scope.postMessage({ id, error: messageOf(error) }, []); },
    );
  };
}

async function answer(request: Request): Promise<Tensors> {
  if (request.kind === "start") {
    ort.env.wasm.numThreads = 1; // more of them need headers that isolate the page
    ort.env.wasm.wasmBinary = request.runtime;
    ort.env.logLevel = "error";
    return {};
  }
  if (request.kind === "load") {
    sessions.set(request.part, await ort.InferenceSession.create(new Uint8Array(request.model)));
    return {};
  }
  const session = sessions.get(request.part);
  if (!session) throw new Error(`the part ${request.part} is not loaded`);
  return run(session, request.inputs);
}

async function run(session: ort.InferenceSession, inputs: Tensors): Promise<Tensors> {
  const feeds: Record<string, ort.Tensor> = {};
  for (const [name, { dtype, data, shape }] of Object.entries(inputs)) {
    feeds[name] = new ort.Tensor(dtype as "float32", data as Float32Array, shape);
  }
  const outputs: Tensors = {};
  for (const [name, value] of Object.entries(await session.run(feeds))) {
    outputs[name] = { dtype: value.type as Dtype, shape: [...value.dims], data: (value.data as Values).slice() };
    value.dispose();
  }
  return outputs;
}

function buffersOf(outputs: Tensors): Transferable[] {
  return Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

serve();

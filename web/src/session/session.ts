/** The session of a page: it starts the worker, loads a part when it is first used, and runs it. */
import type { Source } from "../page/source";
import type { PageFile, Session, Tensors } from "../page/types";
import type { Answer, Numbered, Request } from "./messages";

export interface OpenSession extends Session {
  /** Load a part, and return the bytes of its file. */
  load(part: string): Promise<Uint8Array<ArrayBuffer>>;
  close(): void;
}

export async function openSession(content: PageFile, source: Source): Promise<OpenSession> {
  const worker = new Worker(await source.worker());
  const waiting = new Map<number, { resolve: (outputs: Tensors) => void; reject: (error: Error) => void }>();
  const loaded = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  let count = 0;
  let failure: Error | null = null;

  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const caller = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error === undefined) caller?.resolve(data.outputs ?? {});
    else caller?.reject(new Error(data.error));
  };
  worker.onerror = (event) => {
    failure = new Error(`the worker cannot run${event.message ? `: ${event.message}` : ""}`);
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };

  function ask(request: Request, transfer: Transferable[] = []): Promise<Tensors> {
    if (failure) return Promise.reject(failure);
    const id = count++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, request } satisfies Numbered, transfer);
    });
  }

  const started = source.runtime().then(({ buffer }) => ask({ kind: "start", runtime: buffer }, [buffer]));
  started.catch(() => undefined); // whoever loads a part gets the error

  async function load(part: string): Promise<Uint8Array<ArrayBuffer>> {
    const info = content.parts[part];
    if (!info) throw new Error(`there is no part ${part}`);
    const [bytes] = await Promise.all([source.bytes(info.file), started]);
    const copy = bytes.slice().buffer;
    await ask({ kind: "load", part, model: copy }, [copy]);
    return bytes;
  }

  function loadOnce(part: string): Promise<Uint8Array<ArrayBuffer>> {
    const loading = loaded.get(part) ?? load(part);
    loaded.set(part, loading);
    return loading;
  }

  async function edit(part: string, name: string, change: (file: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): Promise<void> {
    const changed = change(await loadOnce(part));
    const { buffer } = changed.slice();
    await ask({ kind: "load", part: name, model: buffer }, [buffer]);
    loaded.set(name, Promise.resolve(changed));
  }

  return {
    load: loadOnce,
    edit,
    async run(part, inputs) {
      await loadOnce(part);
      return ask({ kind: "run", part, inputs });
    },
    close: () => { worker.terminate(); },
  };
}

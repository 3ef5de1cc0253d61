/** The restored colours of a photograph: in one piece, or in tiles if it is large. */
import { tensor } from "../../arrays/tensor";
import type { Pixels } from "../../arrays/resize";
import type { Page, Session, Tensor, Tensors } from "../../page/types";
import { floats } from "../kit/parts";
import { Blend, fadeWeights, mosaicPositions, pick, positions, spans, type Planes } from "./tiles";

/** What zoo/pages/views/global_means.py changes in the file's bytes. */
export interface Edit {
  letters: [number, number][];
  tail: string;
  fixed: string;
  means: { input: string; output: string; channels: number }[];
}

export interface TileData {
  part: string;
  channels: number;
  /** The side of the largest square that is computed in one piece. */
  whole: number;
  squares: number;
  square_side: number;
  tile: number;
  fade: number;
  multiple: number;
  /** How far away a pixel can be from one that it changes; null where that is not known. */
  radius: number | null;
  edit: Edit | null;
}

export interface Step {
  /** The share that is done, and the seconds that are left. */
  done: number;
  left: number | null;
}

const EDITED = "generator with given means";
const UNKNOWN_RADIUS = 64;

/** Return a function that restores photographs.
 * @param page - the page
 * @param session - runs the part
 */
export function createRestorer(page: Page<TileData>, session: Session): (image: Pixels, tell: (step: Step) => void, isWanted: () => boolean) => Promise<Float32Array> {
  const { data, parts } = page.content;
  const part = parts[data.part];
  const [input, output] = [part?.inputs[0]?.name ?? "", part?.outputs[0]?.name ?? ""];
  let edited: Promise<void> | null = null;
  let pace = 0; // milliseconds a pixel

  /** Run a part on colours; a network of grey restores each colour alone. */
  async function run(role: string, { data: colours, width, height }: Planes, more: Tensors = {}): Promise<{ colours: Float32Array; outputs: Tensors }> {
    if (data.channels === 3) {
      const outputs = await session.run(role, { [input]: tensor(colours, [1, height, width, 3]), ...more });
      return { colours: floats(outputs[output]), outputs };
    }
    const result = new Float32Array(colours.length);
    for (let c = 0; c < 3; c += 1) {
      const grey = Float32Array.from({ length: width * height }, (_, at) => colours[3 * at + c] ?? 0);
      const restored = floats((await session.run(role, { [input]: tensor(grey, [1, height, width, 1]) }))[output]);
      restored.forEach((value, at) => { result[3 * at + c] = value; });
    }
    return { colours: result, outputs: {} };
  }

  async function measurePace(image: Pixels): Promise<void> {
    const side = Math.min(96, image.width, image.height);
    const crop = pick(image, positions([0, side]), positions([0, side]));
    await run(data.part, crop); // the first run prepares the session
    const started = performance.now();
    await run(data.part, crop);
    pace = (performance.now() - started) / (side * side);
  }

  async function whole(image: Pixels, tell: (step: Step) => void): Promise<Float32Array> {
    if (!pace) await measurePace(image);
    const expected = pace * image.width * image.height;
    const started = performance.now();
    const timer = setInterval(() => {
      const share = (performance.now() - started) / expected;
      tell({ done: share < 0.9 ? share : 1 - 0.1 * Math.exp(0.9 - share), left: Math.max(0, expected * (1 - share)) / 1000 });
    }, 100);
    try {
      const planes = pick(image, positions([0, image.height]), positions([0, image.width]));
      const { colours } = await run(data.part, planes);
      pace = (performance.now() - started) / (image.width * image.height);
      return colours;
    } finally {
      clearInterval(timer);
    }
  }

  /** Return the means of every map over the whole image, from a mosaic of it, as inputs of the edited part. */
  async function meansOf(image: Pixels, edit: Edit): Promise<Tensors> {
    edited ??= session.edit(data.part, EDITED, (file) => applyEdit(file, edit));
    await edited;
    const [rows, columns] = [image.height, image.width].map((size) => mosaicPositions(size, data.squares, data.square_side));
    const none: Tensors = { [edit.fixed]: truth(false) };
    for (const { input: name, channels } of edit.means) none[name] = tensor(new Float32Array(channels), [1, channels, 1, 1]);
    const { outputs } = await run(EDITED, pick(image, rows ?? [], columns ?? []), none);
    const given: Tensors = { [edit.fixed]: truth(true) };
    for (const { input: name, output: computed, channels } of edit.means) given[name] = tensor(floats(outputs[computed]), [1, channels, 1, 1]);
    return given;
  }

  async function inTiles(image: Pixels, tell: (step: Step) => void, isWanted: () => boolean): Promise<Float32Array> {
    tell({ done: 0, left: null });
    const given = data.edit && data.channels === 3 ? await meansOf(image, data.edit) : null;
    const margin = Math.ceil(((data.radius ?? UNKNOWN_RADIUS) + data.fade / 2) / data.multiple) * data.multiple;
    const rows = spans(image.height, data.tile, margin, data.multiple);
    const columns = spans(image.width, data.tile, margin, data.multiple);
    const blend = new Blend(image.width, image.height, 3);
    const [count, started] = [rows.length * columns.length, performance.now()];
    let done = 0;
    for (const row of rows) {
      for (const column of columns) {
        if (!isWanted()) throw new Error("another photograph was opened");
        const planes = pick(image, positions(row), positions(column));
        const { colours } = await run(given ? EDITED : data.part, planes, given ?? {});
        const [down, across] = [fadeWeights(row, image.height, margin, data.fade), fadeWeights(column, image.width, margin, data.fade)];
        blend.add({ ...planes, data: colours }, row[0], column[0], down, across);
        done += 1;
        tell({ done: done / count, left: (((performance.now() - started) / done) * (count - done)) / 1000 });
      }
    }
    return blend.result();
  }

  return (image, tell, isWanted) =>
    image.width * image.height <= data.whole ** 2 ? whole(image, tell) : inTiles(image, tell, isWanted);
}

/** Return the bytes of a file with the edit: some letters changed, some bytes appended. */
export function applyEdit(file: Uint8Array<ArrayBuffer>, edit: Edit): Uint8Array<ArrayBuffer> {
  const tail = Uint8Array.from(atob(edit.tail), (letter) => letter.charCodeAt(0));
  const changed = new Uint8Array(file.length + tail.length);
  changed.set(file);
  for (const [position, letter] of edit.letters) changed[position] = letter;
  changed.set(tail, file.length);
  return changed;
}

function truth(value: boolean): Tensor {
  return { dtype: "bool", shape: [1], data: Uint8Array.of(Number(value)) };
}

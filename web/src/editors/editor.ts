/** Editors of one input, one for each kind of example. */
import type { ExampleKind } from "../arrays/kind";
import type { Drawing } from "../arrays/drawing";
import type { Resize } from "../arrays/resize";
import type { State } from "../page/types";
import { imageEditor } from "./image";
import { numberEditor } from "./numbers";
import { seriesEditor } from "./series";
import { volumeEditor } from "./volume";

/** An input that the visitor made; `done` when the hand rests, `time` when the event came, if there was one. */
export interface Change {
  values: Float32Array;
  done: boolean;
  time: number | null;
}

export interface Editor {
  readonly node: HTMLElement;
  /** Show an example; nothing is called back. */
  show(values: Float32Array): void;
  /** Return the input that the URL holds, or null. */
  restore(): Float32Array | null;
}

export interface EditorOptions {
  kind: ExampleKind;
  /** The shape of one example, without the batch. */
  shape: number[];
  drawing: Drawing | null;
  /** How image files are brought to the shape. */
  resize: Resize;
  state: State;
  onChange: (change: Change) => void;
}

export function inputEditor(options: EditorOptions): Editor {
  const editors = { image: imageEditor, series: seriesEditor, volume: volumeEditor, numbers: numberEditor };
  return editors[options.kind](options);
}

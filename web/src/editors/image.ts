/** The editor of images: a pad where a drawing makes sense, and a place for image files. */
import { drawnInput, STROKE_WIDTH, type Drawing } from "../arrays/drawing";
import { decodeImage, imageInput } from "../arrays/image_file";
import { dropTarget } from "../ui/drop";
import { button, element } from "../ui/element";
import { decodeStrokes, drawingPad, encodeStrokes, type Pad, type Stroke } from "../ui/pad";
import { drawPixels, pixelCanvas } from "../ui/pixels";
import type { Editor, EditorOptions } from "./editor";

export const STROKES = "strokes"; // the entry of the URL's state

export function imageEditor(options: EditorOptions): Editor {
  const canvas = pixelCanvas([], options.shape, { label: "The image" });
  const pad = options.drawing ? padOf(options, options.drawing) : null;
  const stage = element("div", { class: "stage" }, pad ? pad.node : canvas);
  const show = (values: Float32Array) => {
    drawPixels(canvas, values, options.shape);
    pad?.show(canvas);
  };
  const choose = dropTarget(stage, "Open an image", "image/*", async (file) => {
    const values = imageInput(await decodeImage(file), options.shape, options.resize);
    show(values);
    options.state.set({ [STROKES]: null });
    options.onChange({ values, done: true, time: performance.now() });
  });
  const tools = element("div", { class: "tools" }, ...(pad ? [clearButton(pad, options)] : []), choose);
  const words = pad ? "Draw here, or drop an image. With the keyboard: arrow keys move the pen, space lifts it." : "Drop an image here.";
  return {
    node: element("div", { class: "editor" }, stage, tools, element("p", { class: "hint" }, words)),
    show,
    restore: () => (pad && options.drawing ? restoreStrokes(pad, options, options.drawing) : null),
  };
}

function padOf(options: EditorOptions, drawing: Drawing): Pad {
  const side = options.shape[0] ?? 1;
  return drawingPad({
    label: "Draw here with a pointer, or with the arrow keys and space",
    ink: drawing.ink,
    background: drawing.background,
    width: STROKE_WIDTH,
    onChange(strokes, done, time) {
      options.onChange({ values: drawnInput(strokes, side, drawing), done, time });
      if (done) options.state.set({ [STROKES]: encodeStrokes(strokes) });
    },
  });
}

function clearButton(pad: Pad, options: EditorOptions): HTMLElement {
  return button("Clear", () => {
    pad.clear();
    options.state.set({ [STROKES]: null });
    pad.node.focus();
  });
}

function restoreStrokes(pad: Pad, options: EditorOptions, drawing: Drawing): Float32Array | null {
  const strokes: Stroke[] = decodeStrokes(options.state.get(STROKES) ?? "");
  if (!strokes.length) return null;
  pad.setStrokes(strokes);
  return drawnInput(strokes, options.shape[0] ?? 1, drawing);
}

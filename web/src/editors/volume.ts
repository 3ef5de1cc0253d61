/** The display of volumes (depth, height, width, channels): slices, evenly spaced. They are not edited. */
import { element } from "../ui/element";
import { drawPixels, pixelCanvas, slices } from "../ui/pixels";
import { arrayFile } from "./array_file";
import type { Editor, EditorOptions } from "./editor";

export const SLICES = 9;

export function volumeEditor(options: EditorOptions): Editor {
  const flat = options.shape.slice(1);
  const canvases = Array.from({ length: SLICES }, (_, at) => pixelCanvas([], flat, { label: `Slice ${String(at + 1)} of ${String(SLICES)}` }));
  const stage = element("div", { class: "stage slices" }, ...canvases);
  const show = (values: Float32Array) => {
    const shown = slices(values, options.shape, SLICES);
    canvases.forEach((canvas, at) => { drawPixels(canvas, shown[at] ?? [], flat); });
  };
  return {
    node: element("div", { class: "editor" }, stage, arrayFile(stage, options, show),
      element("p", { class: "hint" }, "Nine slices of the volume, from front to back.")),
    show,
    restore: () => null,
  };
}

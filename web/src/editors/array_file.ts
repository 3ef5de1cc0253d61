/** A button, and a place, for .npy files as inputs. */
import { readNpy } from "../arrays/npy";
import { dropTarget } from "../ui/drop";
import { element } from "../ui/element";
import type { EditorOptions } from "./editor";

/** Return the button; `show` gets the values of a file that fits, and then the visitor's change is told. */
export function arrayFile(node: HTMLElement, options: EditorOptions, show: (values: Float32Array) => void): HTMLElement {
  const choose = dropTarget(node, "Open a .npy file", ".npy", async (file) => {
    const values = readNpy(new Uint8Array(await file.arrayBuffer()), options.shape);
    show(values);
    options.onChange({ values, done: true, time: performance.now() });
  });
  return element("div", { class: "tools" }, choose);
}

/** An example of the visitor's choice: drawn, dropped as a file, bent, or taken from the test data. */
import { exampleKind } from "../../arrays/kind";
import type { Drawing } from "../../arrays/drawing";
import { inputEditor } from "../../editors/editor";
import type { Page } from "../../page/types";
import { element } from "../../ui/element";
import { createStrip, type Examples } from "./examples";

export interface OwnInput {
  element: HTMLElement;
  /** Take what the URL names, else an example. */
  start(other?: number): void;
}

export interface OwnInputOptions {
  page: Page;
  examples: Examples;
  /** How strokes become an input; null where nothing can be drawn. */
  drawing: Drawing | null;
  /** Called with an input, and the number of the test example that it is, or null. */
  take: (values: Float32Array, example: number | null) => void;
}

/** Return an editor of inputs above a strip of the test examples. */
export function createOwnInput({ page, examples, drawing, take }: OwnInputOptions): OwnInput {
  const editor = inputEditor({
    kind: exampleKind(examples.shape) ?? "numbers",
    shape: [...examples.shape],
    drawing,
    resize: page.content.resize,
    state: page.state,
    onChange({ values }) {
      strip.select(null);
      page.state.set({ example: null });
      take(values, null);
    },
  });
  const strip = createStrip(examples, choose);

  function choose(index: number): void {
    const values = examples.values(index);
    page.state.set({ example: index, strokes: null });
    strip.select(index);
    editor.show(values);
    take(values, index);
  }

  return {
    element: element("div", { class: "own-input" }, editor.node, strip.node),
    start(other = 0) {
      const drawn = editor.restore();
      const named = Number(page.state.get("example") ?? other);
      if (drawn) take(drawn, null);
      else if (examples.count) choose(named >= 0 && named < examples.count ? Math.floor(named) : 0);
    },
  };
}

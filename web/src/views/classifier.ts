/** The view of a classifier: draw, drop or take an example; the classes, where it looked, its nearest mistakes. */
import type { Drawing } from "../arrays/drawing";
import type { ExampleKind } from "../arrays/kind";
import { argmax, batchOfOne, example } from "../arrays/tensor";
import { inputEditor, type Change } from "../editors/editor";
import type { ArrayFile, Mount, Page, Tensor } from "../page/types";
import { latest } from "../session/latest";
import { classBars } from "../ui/bars";
import { element } from "../ui/element";
import { milliseconds, percentage } from "../ui/format";
import { exampleStrip, type Strip } from "../ui/strip";
import { thumbnail } from "../ui/thumbnail";
import { lookPanel } from "./classifier/look";
import { mistakePanel } from "./classifier/mistake_panel";

const PART = "classifier";
const EXAMPLE = "example"; // the entry of the URL's state
const REST = 180; // milliseconds after which the hand is taken to rest

export interface ExampleFiles {
  inputs: ArrayFile;
  targets: ArrayFile;
}

export interface ClassifierData {
  kind: ExampleKind;
  shape: number[];
  input: string;
  output: string;
  examples: ExampleFiles | null;
  mistakes: ({ count: number; of: number } & Partial<ExampleFiles> & { probabilities?: ArrayFile }) | null;
  baseline: number[];
  drawing: Drawing | null;
}

export const mount: Mount<ClassifierData> = async (container, page, session) => {
  const { data } = page.content;
  const classes = page.content.classes ?? [];
  const bars = classBars(classes);
  const verdict = element("p", { class: "answer" }, "–");
  const speed = element("p", { class: "hint speed" }, " ");
  const spoken = element("p", { class: "unseen", role: "status" });
  const probabilities = async (inputs: Tensor): Promise<Float32Array> => {
    const outputs = await session.run(PART, { [data.input]: inputs });
    return outputs[data.output]?.data as Float32Array;
  };
  const look = lookPanel(data, probabilities);
  const mistakes = mistakePanel(page, data, classes);
  let strip: Strip | null = null;
  let rest: ReturnType<typeof setTimeout> | undefined;

  const answer = latest(async ({ values, done, time }: Change) => {
    const shares = await probabilities(batchOfOne(values, data.shape));
    const best = argmax(shares);
    bars.update(shares);
    verdict.textContent = classes[best] ?? String(best);
    speed.textContent = `${percentage(shares[best] ?? 0)} sure`;
    if (time !== null) {
      const took = performance.now() - time;
      speed.textContent += `, answered in ${milliseconds(took)}`;
      container.dataset["milliseconds"] = took.toFixed(2);
    }
    container.dataset["answers"] = String(Number(container.dataset["answers"] ?? 0) + 1);
    look.show(values);
    clearTimeout(rest);
    rest = setTimeout(() => {
      spoken.textContent = `${classes[best] ?? ""}, ${percentage(shares[best] ?? 0)}`;
      mistakes.update(shares);
      void look.explain(values, best, classes[best] ?? "");
    }, done ? 0 : REST);
  });

  const editor = inputEditor({
    ...data,
    resize: page.content.resize,
    state: page.state,
    onChange(change) {
      strip?.select(null);
      page.state.set({ [EXAMPLE]: null });
      answer(change);
    },
  });

  const place = element("div", { class: "strip-place" });
  container.append(
    element("div", { class: "panel try" },
      element("h2", {}, headings[data.kind]), editor.node, place),
    element("div", { class: "panel result" },
      element("h2", {}, "What it says"), verdict, speed, spoken, bars.node),
    look.node,
    mistakes.node,
  );

  const drawn = editor.restore();
  if (drawn) answer({ values: drawn, done: true, time: null });
  if (!data.examples) return;
  strip = await examplesOf(page, data, data.examples, (values, time) => {
    page.state.set({ strokes: null });
    editor.show(values);
    answer({ values, done: true, time });
  }, place, drawn === null);
};

const headings: Record<ExampleKind, string> = {
  image: "Show it something",
  series: "Bend a series",
  volume: "Choose a volume",
  numbers: "Move the numbers",
};

/** Put the strip of examples into its place, and take the one that the URL names, or the first. */
async function examplesOf(
  page: Page<ClassifierData>, data: ClassifierData, files: ExampleFiles,
  take: (values: Float32Array, time: number | null) => void, place: HTMLElement, takeFirst: boolean,
): Promise<Strip> {
  const [inputs, targets] = await Promise.all([page.array(files.inputs), page.array(files.targets)]);
  const count = inputs.shape[0] ?? 0;
  const indices = Array.from({ length: count }, (_, at) => at);
  const className = (at: number) => page.content.classes?.[Number(targets.data[at])] ?? "";
  const choose = (index: number, time: number | null) => {
    strip.select(index);
    page.state.set({ [EXAMPLE]: index });
    take(example(inputs, index), time);
  };
  const strip = exampleStrip(
    indices.map((at) => thumbnail(example(inputs, at), data.shape)),
    indices.map((at) => `Example ${String(at + 1)}: ${className(at)}`),
    (index) => { choose(index, performance.now()); },
  );
  place.append(strip.node);
  const restore = (isFirst: boolean) => {
    const named = Number(page.state.get(EXAMPLE) ?? NaN);
    if (Number.isInteger(named) && named >= 0 && named < count) choose(named, null);
    else if (isFirst && takeFirst) {
      strip.select(0);
      take(example(inputs, 0), null);
    }
  };
  page.state.onChange(() => { restore(false); });
  restore(true);
  return strip;
}

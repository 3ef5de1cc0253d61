/** The view of a novelty detector: the score of an example, the verdict, and what the refiner makes of it. */
import type { Drawing } from "../arrays/drawing";
import { latest } from "../session/latest";
import { element } from "../ui/element";
import { short } from "../ui/format";
import { drawPixels } from "../ui/pixels";
import { loadExamples, type ExamplesData } from "./kit/examples";
import { figure, section } from "./kit/layout";
import { createOwnInput } from "./kit/own_input";
import { first, partFunction } from "./kit/parts";
import { createPicture, hasPixels } from "./kit/picture";
import { createHistogram, type HistogramData } from "./novelty/histogram";
import type { Mount } from "../page/types";

export interface NoveltyData {
  scorer: string;
  refiner: string;
  /** Scores above it are novel. */
  threshold: number;
  /** The number of the normal class; null where the data has no classes. */
  normal: number | null;
  histogram: HistogramData;
  examples: ExamplesData;
  drawing: Drawing | null;
}

export const mount: Mount<NoveltyData> = async (container, page, session) => {
  const { data, classes } = page.content;
  const normal = classes?.[data.normal ?? -1];
  const verdict = element("p", { class: "answer" }, "\u2013");
  const numbers = element("p", { class: "hint speed" }, " ");
  const spoken = element("p", { class: "unseen", role: "status" });
  const histogram = createHistogram(data.histogram, data.threshold, normal);
  const examples = await loadExamples(page, data.examples);
  const pixels = hasPixels(examples.shape);
  const [given, refined, change] = ["the example", "what R makes of it", "the difference: R added blue, took orange away"]
    .map((label) => ({ label, picture: createPicture(examples.shape, label, data.examples.range) }));
  const score = partFunction(page.content, session, data.scorer);
  const refine = partFunction(page.content, session, data.refiner);

  const show = latest(async ({ values, index }: { values: Float32Array; index: number | null }) => {
    const [value = 0] = first(await score(values));
    const output = first(await refine(values));
    const isNovel = value > data.threshold;
    verdict.textContent = isNovel ? "novel" : "normal";
    verdict.classList.toggle("novel", isNovel);
    container.dataset["verdict"] = isNovel ? "novel" : "normal";
    container.dataset["score"] = String(value);
    numbers.textContent = `score ${short(value)}, threshold ${short(data.threshold)}${truth(index)}`;
    spoken.textContent = `${isNovel ? "novel" : "normal"}, ${numbers.textContent}`;
    histogram.mark(value);
    given?.picture.show(values);
    refined?.picture.show(output, values);
    if (pixels && change) showChange(change.picture.element, values, output, examples.shape);
  });
  const truth = (index: number | null): string => {
    const target = index === null ? null : examples.target(index);
    if (target === null || data.normal === null) return "";
    return target === data.normal ? "; it is of the normal class" : `; it is of another class, ${classes?.[target] ?? ""}`;
  };
  const input = createOwnInput({ page, examples, drawing: data.drawing, take: (values, index) => { show({ values, index }); } });

  const shown = pixels ? [given, refined, change] : [refined];
  const pictures = shown.flatMap((each) => (each ? [figure(each.picture.element, each.label)] : []));
  const lead = normal === undefined
    ? "R learned to restore normal examples. What it cannot restore is novel."
    : `R saw only the class ${normal}, and learned to restore it. What it cannot restore is novel.`;
  const own = section("Show it something", lead, input.element);
  const answer = section("What it says", "", verdict, numbers, spoken, element("div", { class: "shown-row" }, ...pictures));
  for (const panel of pixels ? [own, answer] : []) panel.classList.remove("whole");
  container.append(own, answer, section("Among the test examples", histogram.lead, histogram.element));
  input.start(Math.max(0, (data.examples.targets ?? []).findIndex((target) => target !== data.normal)));
};

/** Draw the difference: what was added in one colour, what was taken away in another. */
function showChange(node: HTMLElement, before: Float32Array, after: Float32Array, shape: readonly number[]): void {
  const canvas = node.querySelector("canvas");
  if (!canvas) return;
  const [height = 1, width = 1, channels = 1] = shape;
  const colours = new Float32Array(height * width * 3);
  for (let at = 0; at < height * width; at += 1) {
    let difference = 0;
    for (let c = 0; c < channels; c += 1) difference += ((after[at * channels + c] ?? 0) - (before[at * channels + c] ?? 0)) / channels;
    const [more, less] = [Math.max(0, difference), Math.max(0, -difference)];
    colours.set([0.08 + 0.92 * less + 0.2 * more, 0.08 + 0.45 * less + 0.6 * more, 0.1 + 0.25 * less + 0.9 * more], at * 3);
  }
  drawPixels(canvas, colours, [height, width, 3]);
}

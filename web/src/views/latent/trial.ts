/** An example of the visitor's: where the encoder puts it, and what the decoder returns. */
import type { Page } from "../../page/types";
import { latest } from "../../session/latest";
import { element } from "../../ui/element";
import { clamp, figure } from "../kit/layout";
import type { Examples } from "../kit/examples";
import { createOwnInput } from "../kit/own_input";
import { first, type PartFunction } from "../kit/parts";
import { createPicture, hasPixels } from "../kit/picture";
import { normals } from "../kit/random";
import { createSlider } from "../kit/slider";
import type { LatentData } from "./data";

export interface TrialOptions {
  page: Page<LatentData>;
  data: LatentData;
  examples: Examples;
  encode: PartFunction;
  decode: PartFunction;
  /** Mark the example's code in the plane. */
  place: (code: Float32Array) => void;
}

export interface Trial {
  element: HTMLElement;
  lead: string;
  start(): void;
}

export function createTrial({ page, data, examples, encode, decode, place }: TrialOptions): Trial {
  const { shape, range } = examples;
  const pixels = hasPixels(shape);
  const before = createPicture(shape, "What goes in", range);
  const after = createPicture(shape, "What comes back", range);
  const error = element("span", { class: "error" }, " ");
  let values = new Float32Array();
  let noise = data.noise;

  const show = latest(async (input: Float32Array) => {
    before.show(input);
    const code = first(await encode(input));
    const output = first(await decode(code));
    after.show(output, pixels ? undefined : input);
    const squared = output.reduce((sum, value, at) => sum + (value - (input[at] ?? 0)) ** 2, 0) / output.length;
    const words = data.noise ? "out, without the noise" : `mean squared error ${squared.toPrecision(3)}`;
    error.textContent = pixels ? words : `dashed: in; line: what comes back; ${words}`;
    place(code);
  });
  const update = (): void => {
    if (!values.length) return;
    const [low, high] = pixels ? [0, 1] : [-Infinity, Infinity];
    const random = normals(values.length, 1);
    show(noise ? values.map((value, at) => clamp(value + noise * (random[at] ?? 0), low, high)) : values);
  };
  const input = createOwnInput({ page, examples, drawing: data.drawing, take(next) {
    values = new Float32Array(next);
    update();
  } });
  const slider = data.noise
    ? [createSlider({ label: "Noise", low: 0, high: 1, value: noise, change: (next) => { noise = next; update(); } }).element]
    : [];
  const draw = data.drawing ? "Draw something, drop an image" : pixels ? "Drop an image" : "Choose an example";
  return {
    lead: `${draw}${pixels ? ", or take a test example" : ""}: the encoder places it on the map as \u2605, and the decoder returns it from there.`,
    element: element(
      "div", { class: "trial" },
      input.element,
      element("div", { class: "pair" }, ...(pixels ? [figure(before.element, data.noise ? "in, with noise" : "in")] : []), figure(after.element, error), ...slider),
    ),
    start: () => { input.start(Math.min(2, examples.count - 1)); },
  };
}

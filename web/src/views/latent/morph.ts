/** A morph: the path between the codes of two examples, decoded. */
import type { Page } from "../../page/types";
import { latest } from "../../session/latest";
import { element } from "../../ui/element";
import { createStrip, type Examples } from "../kit/examples";
import { first, type PartFunction } from "../kit/parts";
import { createPicture } from "../kit/picture";
import { createPlayButton } from "../kit/play";
import { createSlider } from "../kit/slider";
import { between, type LatentData } from "./data";

const STEPS = 9; // pictures of the path

export interface MorphOptions {
  page: Page<LatentData>;
  examples: Examples;
  encode: PartFunction;
  decode: PartFunction;
  /** Mark an end of the path in the plane. */
  mark: (letter: string, code: Float32Array) => void;
  /** Make a code the current one. */
  go: (code: Float32Array) => void;
}

export interface Morph {
  element: HTMLElement;
  start(): void;
}

export function createMorph({ page, examples, encode, decode, mark, go }: MorphOptions): Morph {
  const stored = (name: string, other: number): number => {
    const index = Number(page.state.get(name) ?? other);
    return index >= 0 && index < examples.count ? index : 0;
  };
  const ends = [stored("a", 0), stored("b", Math.min(1, examples.count - 1))];
  let codes: Float32Array[] = [];
  const pictures = Array.from({ length: STEPS }, (_, at) =>
    createPicture(examples.shape, `Step ${String(at + 1)} of ${String(STEPS)}`, examples.range));

  const draw = latest(async (chosen: number[]) => {
    codes = [];
    for (const index of chosen) codes.push(first(await encode(examples.values(index))));
    const [a, b] = codes;
    if (!a || !b) return;
    mark("A", a);
    mark("B", b);
    const path = new Float32Array(STEPS * a.length);
    for (let at = 0; at < STEPS; at += 1) path.set(between(a, b, at / (STEPS - 1)), at * a.length);
    const images = first(await decode(path));
    const size = images.length / STEPS;
    pictures.forEach((picture, at) => { picture.show(images.subarray(at * size, (at + 1) * size)); });
  });

  const move = (share: number): void => {
    const [a, b] = codes;
    if (a && b) go(between(a, b, share));
  };
  const slider = createSlider({ label: "Along the path", low: 0, high: 1, value: 0, change: move });
  const play = createPlayButton(() => Number(slider.input.value), (share) => {
    slider.set(share);
    move(share);
  });
  const strips = ends.map((index, end) => {
    const strip = createStrip(examples, (chosen) => {
      strip.select(chosen);
      ends[end] = chosen;
      page.state.set({ a: ends[0] ?? 0, b: ends[1] ?? 0 });
      draw([...ends]);
    });
    strip.select(index);
    return element("div", {}, element("h3", {}, `Example ${"AB".charAt(end)}`), strip.node);
  });
  return {
    element: element(
      "div", {},
      element("div", { class: "two" }, ...strips),
      element("div", { class: "film" }, ...pictures.map((picture) => picture.element)),
      element("div", { class: "row" }, slider.element, play),
    ),
    start: () => { draw([...ends]); },
  };
}

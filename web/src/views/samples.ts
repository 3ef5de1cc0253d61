/** The view of a generator: a wall of samples, sliders along the most telling directions, and a path. */
import { unpack, type PackedFile } from "./kit/examples";
import { clamp, figure, format, newId, section } from "./kit/layout";
import { first, partFunction } from "./kit/parts";
import { createPicture, drawExample, imageSizes } from "./kit/picture";
import { createPlayButton } from "./kit/play";
import { normals, uniform } from "./kit/random";
import { createSlider } from "./kit/slider";
import { latest } from "../session/latest";
import { button, element } from "../ui/element";
import type { Mount } from "../page/types";

export interface SamplesData {
  generator: string;
  latents: number;
  /** Whether latents are uniform from -1 to 1; else they are standard normal. */
  uniform: boolean;
  conditional: boolean;
  shape: number[];
  /** Shape (directions, latents), each of length 1. */
  directions: PackedFile;
  /** The mean change of a pixel between both ends of each direction. */
  changes: number[];
  discriminator: { part: string; output: string } | null;
}

const [WALL, STEPS, REACH] = [24, 9, 3];

export const mount: Mount<SamplesData> = async (container, page, session) => {
  const { data, classes } = page.content;
  const packed = await unpack(page, data.directions);
  const directions = data.changes.map((_, at) => packed.slice(at * data.latents, (at + 1) * data.latents));
  const generator = partFunction(page.content, session, data.generator);
  const number = (name: string, most: number, other = 0): number =>
    clamp(Math.floor(Number(page.state.get(name) ?? other)) || 0, 0, most);
  let seed = number("wall", 1e6, 1);
  let label = number("class", Math.max(0, (classes?.length ?? 1) - 1));
  let chosen = number("sample", WALL - 1);
  let ends = [number("from", WALL - 1), number("to", WALL - 1, 1)];
  let shifts = (page.state.get("move") ?? "").split("_").map(Number);
  shifts = directions.map((_, at) => clamp(shifts[at] ?? 0, -REACH, REACH) || 0);
  let wall: Float32Array[] = [];

  const generate = (latents: Float32Array): Promise<Float32Array> => {
    if (!data.conditional) return generator(latents).then(first);
    const count = latents.length / data.latents;
    const width = classes?.length ?? 1;
    const rows = new Float32Array(count * width);
    for (let at = 0; at < count; at += 1) rows[at * width + label] = 1;
    return generator(latents, rows).then(first);
  };

  // the wall
  const name = newId();
  const tiles = Array.from({ length: WALL }, (_, at) => {
    const input = element("input", { type: "radio", name, value: at, "aria-label": `Sample ${String(at + 1)}` });
    input.checked = at === chosen;
    input.onchange = () => { choose(at); };
    const picture = createPicture(data.shape, "");
    return { input, picture, node: element("label", { class: "choice" }, input, picture.element) };
  });
  const showWall = latest(async (wanted: number) => {
    const values = data.uniform
      ? Float32Array.from({ length: WALL * data.latents }, ((draw) => () => 2 * draw() - 1)(uniform(wanted)))
      : normals(WALL * data.latents, wanted);
    wall = tiles.map((_, at) => values.slice(at * data.latents, (at + 1) * data.latents));
    const images = await generate(values);
    const size = images.length / WALL;
    tiles.forEach(({ picture }, at) => { picture.show(images.subarray(at * size, (at + 1) * size)); });
    update();
    showPath(null);
  });

  // one sample, moved along the directions
  const big = createPicture(data.shape, "The chosen sample");
  const judge = element("span", {}, " ");
  const current = (): Float32Array => {
    const start = wall[chosen] ?? new Float32Array(data.latents);
    return start.map((value, at) => shifts.reduce((sum, shift, row) => sum + shift * (directions[row]?.[at] ?? 0), value));
  };
  const showOne = latest(async (latents: Float32Array) => {
    const image = await generate(latents);
    big.show(image);
    container.dataset["shown"] = Array.from(latents.subarray(0, 4), (value) => value.toFixed(3)).join(" ");
    await showVerdict(image);
  });
  async function showVerdict(image: Float32Array): Promise<void> {
    if (!data.discriminator) return;
    const inputs = [image];
    if (data.conditional) inputs.push(Float32Array.from(classes ?? [], (_, at) => Number(at === label)));
    const [score = 0] = first(await partFunction(page.content, session, data.discriminator.part)(...inputs));
    judge.textContent = data.discriminator.output === "probability"
      ? `the discriminator takes it for real with ${format(100 * score, 0)} %`
      : `the discriminator's score: ${format(score)}; above 0 is real`;
  }
  const ticks = directions.map(() => [createEnd(), createEnd()] as const);
  const showEnds = latest(async (start: Float32Array) => {
    const rows = directions.flatMap((vector) => [-REACH, REACH].map((side) => start.map((value, at) => value + side * (vector[at] ?? 0))));
    const all = new Float32Array(rows.length * data.latents);
    rows.forEach((row, at) => { all.set(row, at * data.latents); });
    const images = await generate(all);
    const size = images.length / rows.length;
    ticks.flat().forEach((canvas, at) => { drawExample(canvas, images.subarray(at * size, (at + 1) * size), data.shape); });
  });
  function createEnd(): HTMLCanvasElement {
    const [height, width] = imageSizes(data.shape);
    return element("canvas", { class: "pixels coarse end", width, height, "aria-hidden": "true" });
  }
  const sliders = directions.map((_, at) => createSlider({
    label: `Direction ${String(at + 1)}`, low: -REACH, high: REACH, value: shifts[at] ?? 0,
    ...(ticks[at] ? { before: ticks[at][0], after: ticks[at][1] } : {}),
    text: (value) => format(value, 1),
    change(value) {
      shifts[at] = value;
      update();
    },
  }));
  const update = (): void => {
    page.state.set({ wall: seed, sample: chosen, class: data.conditional ? label : null, move: shifts.some(Boolean) ? shifts.map((value) => Number(value.toFixed(2))).join("_") : null });
    showOne(current());
    showEnds(wall[chosen] ?? new Float32Array(data.latents));
  };
  const settle = (): void => {
    shifts = shifts.map(() => 0);
    sliders.forEach((slider) => { slider.set(0); });
    update();
  };
  const choose = (at: number): void => {
    chosen = at;
    settle();
  };

  // a path between two samples
  const film = Array.from({ length: STEPS }, (_, at) => createPicture(data.shape, `Step ${String(at + 1)} of ${String(STEPS)}`));
  const onPath = createPicture(data.shape, "On the path");
  const along = createSlider({ label: "Along the path", low: 0, high: 1, value: 0, change: (share) => { showPath(share); } });
  const showPath = latest(async (share: number | null) => {
    const [from, to] = ends.map((at) => wall[at] ?? new Float32Array(data.latents));
    if (!from || !to) return;
    if (share === null) {
      const all = new Float32Array(STEPS * data.latents);
      for (let at = 0; at < STEPS; at += 1) all.set(path(from, to, at / (STEPS - 1), data.uniform), at * data.latents);
      const images = await generate(all);
      const size = images.length / STEPS;
      film.forEach((picture, at) => { picture.show(images.subarray(at * size, (at + 1) * size)); });
    }
    onPath.show(await generate(path(from, to, share ?? Number(along.input.value), data.uniform)));
  });
  const play = createPlayButton(() => Number(along.input.value), (share) => {
    along.set(share);
    showPath(share);
  });
  const mark = (end: 0 | 1): void => {
    ends = end === 0 ? [chosen, ends[1] ?? 1] : [ends[0] ?? 0, chosen];
    page.state.set({ from: ends[0] ?? 0, to: ends[1] ?? 1 });
    showEndsOfPath();
    showPath(null);
  };
  const where = element("p", { class: "soft" });
  const showEndsOfPath = (): void => { where.textContent = `From sample ${String((ends[0] ?? 0) + 1)} to sample ${String((ends[1] ?? 0) + 1)} of the wall.`; };
  showEndsOfPath();

  const chips = data.conditional && classes ? [classChips(classes, label, (next) => {
    label = next;
    showWall(seed);
  })] : [];
  const largest = Math.max(...data.changes, 1e-9);
  sliders.forEach((slider, at) => {
    const bar = element("i");
    bar.style.width = `${String((100 * (data.changes[at] ?? 0)) / largest)}%`;
    slider.element.append(element("span", { class: "activity", title: `A pixel changes by ${format(data.changes[at] ?? 0, 3)} on average` , "aria-hidden": "true" }, bar));
  });
  container.append(
    section("A wall of samples", "Each image is made of random numbers, in this browser. Choose one.",
      ...chips,
      element("fieldset", { class: "wall" }, element("legend", { class: "unseen" }, "Samples"), element("div", { class: "choices" }, ...tiles.map(({ node }) => node))),
      element("div", { class: "row" }, button("Another wall", () => {
        seed += 1;
        settle();
        showWall(seed);
      }))),
    section("What changes it most", `Directions in the space of ${String(data.latents)} random numbers, measured: the first changes pixels most, as the bars show. The small images are both ends of each slider.`,
      element("div", { class: "samples" },
        element("div", {}, figure(big.element, judge),
          element("div", { class: "row" }, button("Start a path here", () => { mark(0); }), button("End a path here", () => { mark(1); }), button("Reset", settle))),
        element("div", { class: "sliders directions" }, ...sliders.map((slider) => slider.element)))),
    section("From one to the other", data.uniform ? "A straight line between two samples." : "An arc between two samples, along which the numbers stay as likely.",
      where,
      element("div", { class: "film" }, ...film.map((picture) => picture.element)),
      element("div", { class: "path" }, onPath.element, element("div", { class: "row" }, along.element, play))),
  );
  showWall(seed);
};

/** Return the latents between two latents: on a line, or on an arc (White, arXiv:1609.04468). */
export function path(from: Float32Array, to: Float32Array, share: number, straight: boolean): Float32Array {
  const length = (values: Float32Array): number => Math.hypot(...values);
  const dot = from.reduce((sum, value, at) => sum + value * (to[at] ?? 0), 0);
  const angle = Math.acos(clamp(dot / (length(from) * length(to) || 1), -1, 1));
  if (straight || angle < 1e-6) return from.map((value, at) => value + share * ((to[at] ?? 0) - value));
  const [a, b] = [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
  return from.map((value, at) => a * value + b * (to[at] ?? 0));
}

function classChips(classes: readonly string[], chosen: number, choose: (label: number) => void): HTMLElement {
  const name = newId();
  const chips = classes.map((title, label) => {
    const input = element("input", { type: "radio", name, value: label });
    input.checked = label === chosen;
    input.onchange = () => { choose(label); };
    return element("label", { class: "chip" }, input, title);
  });
  return element("fieldset", { class: "legend" }, element("legend", {}, "Class"), ...chips);
}

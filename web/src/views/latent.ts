/** The view of an encoder with a decoder: a plane of latents, a slider for each, and morphs. */
import { first, partFunction } from "./kit/parts";
import { figure, format, section } from "./kit/layout";
import { createPicture, hasPixels } from "./kit/picture";
import { loadExamples, unpack } from "./kit/examples";
import { codeFromText, codeText, moveTo, pointOf, rounded, type LatentData, type Point } from "./latent/data";
import { createLegend } from "./latent/legend";
import { createMorph } from "./latent/morph";
import { createPlane } from "./latent/plane";
import { createSliders } from "./latent/sliders";
import { createTrial } from "./latent/trial";
import { numbers } from "../arrays/tensor";
import { latest } from "../session/latest";
import { element } from "../ui/element";
import { milliseconds } from "../ui/format";
import type { Mount } from "../page/types";

const BACKDROP = 14; // decoded images along each side of the plane

export const mount: Mount<LatentData> = async (container, page, session) => {
  const { data } = page.content;
  const [points, labels, examples] = await Promise.all([
    unpack(page, data.points),
    data.labels && page.array(data.labels).then((array) => numbers(array.data)),
    loadExamples(page, data.examples),
  ]);
  const decode = partFunction(page.content, session, data.decoder);
  const encode = partFunction(page.content, session, data.encoder);
  const origin = (): Float32Array => Float32Array.from(data.centre);
  let code = codeFromText(page.state.get("z"), data.centre.length) ?? Float32Array.from(data.start);

  const picture = createPicture(examples.shape, "What the decoder makes of the point", examples.range);
  const took = element("span", {}, "drag the ring, or move it with the arrow keys");
  const show = latest(async ({ wanted, time }: { wanted: Float32Array; time: number | null }) => {
    picture.show(first(await decode(wanted)));
    if (time !== null) {
      const passed = performance.now() - time;
      took.textContent = `drawn in ${milliseconds(passed)}`;
      container.dataset["milliseconds"] = passed.toFixed(2);
    }
    container.dataset["decoded"] = codeText(wanted);
  });

  /** Make a code the current one: the handle, the sliders, the picture and the URL follow. */
  const go = (next: Float32Array, time: number | null = performance.now()): void => {
    code = rounded(next);
    plane.move(pointOf(code, data));
    sliders.set(code);
    page.state.set({ z: codeText(code) });
    show({ wanted: code, time });
  };
  const plane = createPlane(data, points, labels, (point: Point, time) => { go(moveTo(code, point, data), time); });
  const sliders = createSliders(data, code, (index, value) => {
    const next = code.slice();
    next[index] = value;
    go(next);
  });
  const legend = createLegend(page.content.classes, labels, (label) => { plane.highlight(label); });
  const backdrop = hasPixels(examples.shape) ? [pictureSwitch()] : [];

  function pictureSwitch(): HTMLElement {
    const box = element("input", { type: "checkbox", role: "switch" });
    box.onchange = () => void paintBackdrop(box.checked);
    return element("label", { class: "switch" }, box, "Pictures behind the points");
  }

  async function paintBackdrop(wanted: boolean): Promise<void> {
    plane.backdrop(null, examples.shape, BACKDROP);
    if (!wanted) return;
    const codes = new Float32Array(BACKDROP * BACKDROP * code.length);
    const { x, y } = data.extent;
    for (let at = 0; at < BACKDROP * BACKDROP; at += 1) {
      const across = x[0] + ((x[1] - x[0]) * ((at % BACKDROP) + 0.5)) / BACKDROP;
      const up = y[1] - ((y[1] - y[0]) * (Math.floor(at / BACKDROP) + 0.5)) / BACKDROP;
      codes.set(moveTo(origin(), [across, up], data), at * code.length);
    }
    plane.backdrop(first(await decode(codes)), examples.shape, BACKDROP);
  }

  const trial = createTrial({ page, data, examples, encode, decode, place: (where) => {
    plane.mark("\u2605", pointOf(where, data));
  } });
  const morph = createMorph({ page, examples, encode, decode, go, mark: (letter, where) => {
    plane.mark(letter, pointOf(where, data));
  } });

  const share = data.explained < 0.995 ? ` The plane holds ${format(100 * data.explained, 0)} % of the variance of ${String(data.centre.length)} latents.` : "";
  container.append(
    section(
      "A map of everything it can make",
      `Each dot is a test example, placed by the encoder. Drag the ring: the decoder draws what lies there.${share}`,
      element(
        "div",
        { class: "map" },
        element("div", {}, plane.element, legend.element, ...backdrop),
        element("div", { class: "map-side" }, figure(picture.element, took), sliders.element),
      ),
    ),
    section("Try your own", trial.lead, trial.element),
    section("From one to the other", "Choose two examples. Between their codes lies a straight path; this is what the decoder makes of it.", morph.element),
  );
  go(code, null);
  page.state.onChange(() => {
    const other = codeFromText(page.state.get("z"), data.centre.length);
    if (other) go(other);
  });
  trial.start();
  morph.start();
};


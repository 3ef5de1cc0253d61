/** The view of any model: choose a part and an input, and see every output in numbers and pictures. */
import { exampleKind } from "../arrays/kind";
import { asFloat, example, sizeOf, zeros } from "../arrays/tensor";
import { inputEditor } from "../editors/editor";
import type { ArrayFile, Mount, Page, Session, Tensor, Tensors, TensorInfo } from "../page/types";
import { latest } from "../session/latest";
import { button, element } from "../ui/element";
import { milliseconds, short } from "../ui/format";
import { drawPixels, pixelCanvas } from "../ui/pixels";
import { plotSeries } from "../ui/series_plot";
import { exampleStrip } from "../ui/strip";
import { thumbnail } from "../ui/thumbnail";

const WAITING = "…";
const FREE_SIZE = 64; // of an axis that may have any size
const MOST_NUMBERS = 32; // of an output that are written out

export interface PlainData {
  examples: ArrayFile | null;
  parts: string[];
}

export const mount: Mount<PlainData> = async (container, page, session) => {
  const roles = Object.keys(page.content.parts);
  const place = element("div", { class: "view-parts" });
  const named = page.state.get("part") ?? "";
  let role = roles.includes(named) ? named : (roles[0] ?? "");
  const tabs = roles.map((name) => button(name, () => {
    role = name;
    page.state.set({ part: name });
    void open();
  }, { "aria-pressed": "false" }));
  const open = async () => {
    tabs.forEach((tab) => { tab.setAttribute("aria-pressed", String(tab.textContent === role)); });
    await mountPart(place, page, session, role);
  };
  if (roles.length > 1) container.append(element("div", { class: "tools parts", role: "group", "aria-label": "Parts" }, ...tabs));
  container.append(place);
  await open();
};

async function mountPart(place: HTMLElement, page: Page<PlainData>, session: Session, role: string): Promise<void> {
  const info = page.content.parts[role];
  if (!info) return;
  const speed = element("p", { class: "hint" }, WAITING);
  const outputs = info.outputs.map((output) => ({ output, display: outputDisplay(output) }));
  const run = latest(async (inputs: Tensors) => {
    const started = performance.now();
    const results = await session.run(role, inputs);
    const isFirst = speed.textContent === WAITING; // it loads the part, too
    speed.textContent = isFirst ? "computed in this browser" : `computed in ${milliseconds(performance.now() - started)}`;
    for (const { output, display } of outputs) {
      const result = results[output.name];
      if (result) display.show(result);
    }
    place.dataset["answers"] = String(Number(place.dataset["answers"] ?? 0) + 1);
  });
  const inputs = await inputPanel(page, role, info.inputs, run);
  place.replaceChildren(inputs, element("div", { class: "panel result" },
    element("h2", {}, "Outputs"), speed, ...outputs.map(({ display }) => display.node)));
}

/** Return the panel of a part's inputs: an editor where there is one input of real numbers, else random numbers. */
async function inputPanel(
  page: Page<PlainData>, role: string, infos: TensorInfo[], run: (inputs: Tensors) => void,
): Promise<HTMLElement> {
  const [only] = infos;
  const shape = (only?.shape ?? []).slice(1).map((size) => (typeof size === "number" ? size : FREE_SIZE));
  const kind = exampleKind(shape);
  const panel = element("div", { class: "panel try" }, element("h2", {}, infos.length > 1 ? "Inputs" : "Input"), describe(infos));
  const canEdit = infos.length === 1 && only?.dtype === "float32" && kind !== null && sizeOf(shape) <= 2 ** 20;
  if (!canEdit) {
    const draw = () => { run(Object.fromEntries(infos.map((info) => [info.name, randomInput(info)]))); };
    panel.append(element("div", { class: "tools" }, button("Other random inputs", draw)));
    draw();
    return panel;
  }
  const take = (values: Float32Array) => { run({ [only.name]: { dtype: "float32", shape: [1, ...shape], data: values } }); };
  const editor = inputEditor({ kind, shape, drawing: null, resize: page.content.resize, state: page.state, onChange: ({ values }) => { take(values); } });
  const show = (values: Float32Array) => {
    editor.show(values);
    take(values);
  };
  const random = () => { show(asFloat(randomInput(only))); };
  panel.append(editor.node, element("div", { class: "tools" }, button("Random input", random)));
  const { examples, parts } = page.content.data;
  if (!examples || !parts.includes(role)) {
    random();
    return panel;
  }
  const arrays = await page.array(examples);
  const indices = Array.from({ length: arrays.shape[0] ?? 0 }, (_, at) => at);
  const strip = exampleStrip(
    indices.map((at) => (kind === "numbers" ? element("span", {}, String(at + 1)) : thumbnail(example(arrays, at), shape))),
    indices.map((at) => `Example ${String(at + 1)}`),
    (at) => {
      strip.select(at);
      page.state.set({ example: at });
      show(example(arrays, at));
    },
  );
  panel.append(element("div", { class: "strip-place" }, strip.node));
  const named = Math.min(Math.max(Math.trunc(Number(page.state.get("example"))) || 0, 0), indices.length - 1);
  strip.select(named);
  show(example(arrays, named));
  return panel;
}

function describe(infos: TensorInfo[]): HTMLElement {
  return element("ul", { class: "tensors" }, ...infos.map(({ name, dtype, shape, expects }) => element("li", {},
    element("code", {}, name), ` ${dtype}, ${shape.join(" × ")}${expects ? `: ${expects}` : ""}`)));
}

/** Return random numbers in [0, 1], or whole numbers from 0 to 9. */
function randomInput(info: TensorInfo): Tensor {
  const result = zeros(info.dtype, sizesOf(info));
  const isReal = info.dtype.startsWith("float");
  for (let at = 0; at < result.data.length; at++) {
    const value = isReal ? Math.random() : Math.floor(Math.random() * (info.dtype === "bool" ? 2 : 10));
    result.data[at] = info.dtype.endsWith("int64") ? BigInt(value) : value;
  }
  return result;
}

/** Return what shows an output: a picture, a plot or numbers, by its shape. Its place is kept from the start. */
function outputDisplay(info: TensorInfo): { node: HTMLElement; show(result: Tensor): void } {
  const heading = element("h3", {}, element("code", {}, info.name), ` ${info.dtype}, ${info.shape.join(" × ")}`);
  const body = element("div", { class: "output" });
  const show = (result: Tensor): void => {
    const shape = result.shape.slice(1);
    const values = asFloat({ ...result, dtype: result.dtype === "uint8" ? "int16" : result.dtype }).subarray(0, sizeOf(shape));
    const kind = result.dtype === "float16" ? null : exampleKind(shape);
    if (kind === "image") body.replaceChildren(picture(values, shape));
    else if (kind === "series" && (shape[0] ?? 0) > 1) body.replaceChildren(trace(values, shape));
    else body.replaceChildren(numberList(values));
  };
  if (sizeOf(sizesOf(info)) <= 2 ** 20) show(zeros(info.dtype, sizesOf(info)));
  body.style.visibility = "hidden";
  return {
    node: element("div", {}, heading, body),
    show(result) {
      show(result);
      body.style.visibility = "";
    },
  };
}

/** Return the sizes of a tensor of one example; free ones are FREE_SIZE. */
function sizesOf({ shape }: TensorInfo): number[] {
  return shape.map((size, axis) => (typeof size === "number" ? size : axis === 0 ? 1 : FREE_SIZE));
}

function picture(values: Float32Array, shape: number[]): HTMLElement {
  const canvas = pixelCanvas([], shape, { label: "The output as an image" });
  const [low, high] = [values.reduce((a, b) => Math.min(a, b), 0), values.reduce((a, b) => Math.max(a, b), 1)];
  drawPixels(canvas, values, shape, { range: [low, high] });
  return canvas;
}

function trace(values: Float32Array, shape: number[]): SVGElement {
  const plot = plotSeries(shape);
  plot.fitRange(values);
  plot.draw(values);
  plot.node.setAttribute("role", "img");
  plot.node.setAttribute("aria-label", "The output as a series");
  return plot.node;
}

function numberList(values: Float32Array): HTMLElement {
  const shown = Array.from(values.subarray(0, MOST_NUMBERS), (value) => element("li", {}, short(value)));
  const more = values.length - shown.length;
  if (more > 0) shown.push(element("li", {}, `and ${String(more)} more`));
  return element("ol", { class: "output-numbers" }, ...shown);
}

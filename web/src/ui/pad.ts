/** A pad to draw on: with a mouse, a finger or a pen, or with the arrow keys and the space bar. */
import { element } from "./element";

export type Point = readonly [x: number, y: number]; // 0 to 1 from the left and from the top
export type Stroke = Point[];

export interface Pad {
  readonly node: HTMLCanvasElement;
  readonly strokes: Stroke[];
  /** Show a picture instead of strokes; drawing begins anew on top of nothing. */
  show(picture: CanvasImageSource | null): void;
  setStrokes(strokes: Stroke[]): void;
  clear(): void;
}

export interface PadOptions {
  label: string;
  /** The colours of strokes and of the ground, from 0 (black) to 1 (white). */
  ink: number;
  background: number;
  /** The width of a stroke as a share of the pad. */
  width: number;
  /** Called at each movement; `done` when the pen is lifted. The time is that of the event. */
  onChange: (strokes: Stroke[], done: boolean, time: number) => void;
}

const SIDE = 560; // pixels of the canvas
const STEP = 1 / 28; // of the arrow keys

export function drawingPad(options: PadOptions): Pad {
  const node = element("canvas", {
    class: "pad", width: SIDE, height: SIDE, tabindex: 0, role: "application", "aria-label": options.label,
    "aria-roledescription": "drawing pad",
  });
  const context = node.getContext("2d");
  let strokes: Stroke[] = [];
  let picture: CanvasImageSource | null = null;
  let active: number | null = null; // the pointer that draws
  let pen: Point = [0.5, 0.5];
  let isPenDown = false;
  let hasKeyboard = false; // the pen is shown to whoever moves it with keys

  function paint(): void {
    if (!context) return;
    context.imageSmoothingEnabled = false;
    context.fillStyle = grey(options.background);
    context.fillRect(0, 0, SIDE, SIDE);
    if (picture) context.drawImage(picture, 0, 0, SIDE, SIDE);
    drawStrokes(context, strokes, SIDE, options.width, grey(options.ink));
    if (hasKeyboard) paintPen(context);
  }

  function paintPen(target: CanvasRenderingContext2D): void {
    target.strokeStyle = "#e8765b";
    target.lineWidth = 4;
    target.beginPath();
    target.arc(pen[0] * SIDE, pen[1] * SIDE, isPenDown ? 10 : 16, 0, 2 * Math.PI);
    target.stroke();
  }

  function place(event: PointerEvent): Point {
    const box = node.getBoundingClientRect();
    return [limit((event.clientX - box.left) / box.width), limit((event.clientY - box.top) / box.height)];
  }

  function begin(point: Point): void {
    if (picture) strokes = [];
    picture = null;
    strokes.push([point]);
  }

  function changed(done: boolean, time: number): void {
    paint();
    options.onChange(strokes, done, time);
  }

  node.addEventListener("pointerdown", (event) => {
    if (active !== null || event.button !== 0) return;
    active = event.pointerId;
    hasKeyboard = false;
    node.setPointerCapture(active);
    event.preventDefault();
    node.focus({ preventScroll: true });
    begin(place(event));
    changed(false, event.timeStamp);
  });
  node.addEventListener("pointermove", (event) => {
    if (event.pointerId !== active) return;
    const events = event.getCoalescedEvents();
    strokes.at(-1)?.push(...(events.length ? events : [event]).map(place));
    changed(false, event.timeStamp);
  });
  const end = (event: PointerEvent) => {
    if (event.pointerId !== active) return;
    active = null;
    changed(true, event.timeStamp);
  };
  node.addEventListener("pointerup", end);
  node.addEventListener("pointercancel", end);
  node.addEventListener("focus", () => { hasKeyboard = active === null && node.matches(":focus-visible"); paint(); });
  node.addEventListener("blur", () => { isPenDown = hasKeyboard = false; paint(); });
  node.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === " ") {
      isPenDown = !isPenDown;
      if (isPenDown) begin(pen);
    } else if (step) {
      pen = [limit(pen[0] + (step[0] ?? 0) * STEP), limit(pen[1] + (step[1] ?? 0) * STEP)];
      if (isPenDown) strokes.at(-1)?.push(pen);
    } else {
      return;
    }
    event.preventDefault();
    hasKeyboard = true;
    if (isPenDown || event.key === " ") changed(!isPenDown, event.timeStamp);
    else paint();
  });
  paint();

  return {
    node,
    get strokes() { return strokes; },
    show(next) { picture = next; strokes = []; paint(); },
    setStrokes(next) { picture = null; strokes = next; paint(); },
    clear() { picture = null; strokes = []; paint(); },
  };
}

/** Draw strokes on a square of some side. */
export function drawStrokes(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  strokes: readonly Stroke[], side: number, width: number, color: string,
): void {
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = width * side;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    const [first, ...rest] = stroke;
    if (!first) continue;
    context.beginPath();
    context.moveTo(first[0] * side, first[1] * side);
    for (const [x, y] of rest.length ? rest : [first]) context.lineTo(x * side, y * side);
    context.stroke();
  }
}

/** Return strokes as a short text for the URL: two letters a coordinate, points of a stroke 3 % apart. */
export function encodeStrokes(strokes: readonly Stroke[]): string {
  return strokes.map((stroke) => sparse(stroke).flatMap((point) => point.map(encode)).join("")).join(".");
}

/** Return the strokes of a text of `encodeStrokes`; what is no such text is left out. */
export function decodeStrokes(text: string): Stroke[] {
  return text.split(".").flatMap((part) => {
    const values = (part.match(/../g) ?? []).map((letters) => parseInt(letters, 36) / 1295);
    const stroke: Stroke = [];
    for (let at = 0; at + 1 < values.length; at += 2) stroke.push([values[at] ?? 0, values[at + 1] ?? 0]);
    return stroke.length && values.every(Number.isFinite) ? [stroke] : [];
  });
}

function sparse(stroke: Stroke): Stroke {
  const kept: Stroke = [];
  stroke.forEach((point, at) => {
    const last = kept.at(-1);
    const isFar = !last || Math.hypot(point[0] - last[0], point[1] - last[1]) > 0.03;
    if (isFar || at === stroke.length - 1) kept.push(point);
  });
  return kept;
}

const encode = (value: number) => Math.round(limit(value) * 1295).toString(36).padStart(2, "0");
const limit = (value: number) => Math.min(Math.max(value, 0), 1);
const grey = (value: number) => (value > 0.5 ? "#fff" : "#000");

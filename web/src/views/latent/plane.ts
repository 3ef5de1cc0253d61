/** The latent plane: a dot for each test example, pictures of what lies where, and a handle to drag. */
import { element } from "../../ui/element";
import { clamp } from "../kit/layout";
import { drawExample, imageSizes } from "../kit/picture";
import type { LatentData, Point } from "./data";

export interface Plane {
  element: HTMLElement;
  move(point: Point): void;
  /** Mark a place with a letter; null removes the mark. */
  mark(letter: string, point: Point | null): void;
  /** Show the points of one class only; null shows all. */
  highlight(label: number | null): void;
  /** Show decoded images behind the dots, row by row from the top; null shows none. */
  backdrop(images: Float32Array | null, shape: readonly number[], side: number): void;
}

const SIDE = 480; // units of the drawing
const PALETTE = ["#4e79a7", "#f28e2b", "#e15759", "#3aa6a0", "#59a14f", "#c99a06", "#a86ba4", "#e377a2", "#9c755f", "#8a8580"];

/** Return the colour of a class. */
export function classColour(label: number): string {
  return PALETTE[label % PALETTE.length] ?? "#888";
}

/** Return the plane.
 * @param data - the latent space
 * @param points - the coordinates of the test examples, two numbers each
 * @param labels - the numbers of their classes; null where there are none
 * @param drag - called with the place of the handle, and when the event came
 */
export function createPlane(
  data: LatentData, points: Float32Array, labels: readonly number[] | null, drag: (point: Point, time: number) => void,
): Plane {
  const scale = Math.min(3, Math.max(1, window.devicePixelRatio || 1));
  const canvas = element("canvas", {
    width: SIDE * scale,
    height: SIDE * scale,
    class: "plane",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "plane",
    "aria-label": "Latent plane. The arrow keys move the point.",
  });
  const context = canvas.getContext("2d");
  const { x: across, y: up } = data.extent;
  const marks = new Map<string, Point>();
  let [handle, only, pictures]: [Point, number | null, HTMLCanvasElement | null] = [[0, 0], null, null];

  const place = ([x, y]: Point): Point => [
    (SIDE * (x - across[0])) / (across[1] - across[0]),
    SIDE - (SIDE * (y - up[0])) / (up[1] - up[0]),
  ];
  const pointAt = (x: number, y: number): Point => [
    across[0] + (x / SIDE) * (across[1] - across[0]),
    up[0] + (1 - y / SIDE) * (up[1] - up[0]),
  ];

  let frame = 0;
  const draw = (): void => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      paint();
    });
  };

  const paint = (): void => {
    if (!context) return;
    const style = getComputedStyle(canvas);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, SIDE, SIDE);
    if (pictures) {
      context.imageSmoothingEnabled = pictures.width > SIDE;
      context.drawImage(pictures, 0, 0, SIDE, SIDE);
    }
    const [radius, shown] = [points.length > 1200 ? 2.4 : 4, pictures ? 0.55 : 0.8];
    for (let at = 0; at < points.length / 2; at += 1) {
      const label = labels?.[at] ?? -1;
      const [x, y] = place([points[2 * at] ?? 0, points[2 * at + 1] ?? 0]);
      context.globalAlpha = only === null || only === label ? shown : 0.07;
      context.fillStyle = label < 0 ? style.color : classColour(label);
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
    paintAxes(context, data, style);
    for (const [letter, point] of marks) paintMark(context, letter, place(point), style);
    paintHandle(context, place(handle), style);
  };

  const follow = (event: PointerEvent): void => {
    const box = canvas.getBoundingClientRect();
    const inside = (value: number, size: number): number => (SIDE * clamp(value, 0, size)) / size;
    handle = pointAt(inside(event.clientX - box.left, box.width), inside(event.clientY - box.top, box.height));
    draw();
    drag(handle, event.timeStamp);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) follow(event);
  });
  canvas.addEventListener("keydown", (event) => {
    const steps: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const share = event.shiftKey ? 0.1 : 0.02;
    handle = [
      clamp(handle[0] + step[0] * share * (across[1] - across[0]), ...across),
      clamp(handle[1] + step[1] * share * (up[1] - up[0]), ...up),
    ];
    draw();
    drag(handle, event.timeStamp);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();

  return {
    element: element("div", { class: "plane-frame" }, canvas),
    move(point) {
      handle = point;
      draw();
    },
    mark(letter, point) {
      if (point) marks.set(letter, point);
      else marks.delete(letter);
      draw();
    },
    highlight(label) {
      only = label;
      draw();
    },
    backdrop(images, shape, side) {
      pictures = images && mosaic(images, shape, side);
      draw();
    },
  };
}

function mosaic(images: Float32Array, shape: readonly number[], side: number): HTMLCanvasElement {
  const [height, width] = imageSizes(shape);
  const whole = element("canvas", { width: side * width, height: side * height });
  const tile = element("canvas", { width, height });
  const target = whole.getContext("2d");
  const size = images.length / (side * side);
  for (let at = 0; at < side * side; at += 1) {
    drawExample(tile, images.subarray(at * size, (at + 1) * size), shape);
    target?.drawImage(tile, (at % side) * width, Math.floor(at / side) * height);
  }
  return whole;
}

function paintMark(context: CanvasRenderingContext2D, letter: string, [x, y]: Point, style: CSSStyleDeclaration): void {
  context.beginPath();
  context.arc(x, y, 10, 0, 2 * Math.PI);
  context.fillStyle = style.backgroundColor;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = style.color;
  context.stroke();
  context.fillStyle = style.color;
  context.font = "600 12px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(letter, x, y + 0.5);
}

function paintHandle(context: CanvasRenderingContext2D, [x, y]: Point, style: CSSStyleDeclaration): void {
  for (const [radius, width, colour] of [[11, 6, style.backgroundColor], [11, 3, style.outlineColor]] as const) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
  context.beginPath();
  context.arc(x, y, 2.5, 0, 2 * Math.PI);
  context.fillStyle = style.outlineColor;
  context.fill();
}

/** Write beside the axes what grows along them. */
function paintAxes(context: CanvasRenderingContext2D, data: LatentData, style: CSSStyleDeclaration): void {
  const [first, second] = data.centre.length > 2 ? ["first component", "second component"] : ["z1", data.centre.length === 2 ? "z2" : ""];
  context.font = "13px system-ui, sans-serif";
  context.fillStyle = style.color;
  context.strokeStyle = style.backgroundColor;
  context.lineWidth = 4;
  context.textBaseline = "alphabetic";
  for (const [text, x, y, align] of [[`${first} \u2192`, SIDE - 8, SIDE - 9, "right"], [second && `\u2191 ${second}`, 9, 20, "left"]] as const) {
    context.textAlign = align;
    context.globalAlpha = 0.75;
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }
  context.globalAlpha = 1;
}

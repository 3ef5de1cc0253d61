/** Two pictures of one size over each other, with a divider to drag. */
import { element } from "../../ui/element";

export interface Divider {
  element: HTMLElement;
  /** Show a picture before, and none after it yet. */
  showBefore(image: ImageData): void;
  showAfter(image: ImageData): void;
  readonly after: HTMLCanvasElement;
}

export function createDivider(position: number, change: (position: number) => void): Divider {
  const before = element("canvas", { role: "img", "aria-label": "Before", class: "before" });
  const after = element("canvas", { role: "img", "aria-label": "After", class: "after" });
  const input = element("input", { type: "range", min: 0, max: 100, step: 0.5, value: position, "aria-label": "Divider between before and after" });
  const frame = element("div", { class: "divider" }, before, after,
    element("span", { class: "tag left", "aria-hidden": "true" }, "before"), element("span", { class: "tag right", "aria-hidden": "true" }, "after"),
    element("span", { class: "bar", "aria-hidden": "true" }), input);
  const place = (): void => {
    frame.style.setProperty("--at", `${input.value}%`);
    input.setAttribute("aria-valuetext", `${input.value} % before`);
  };
  input.oninput = () => {
    place();
    change(Number(input.value));
  };
  place();
  const draw = (canvas: HTMLCanvasElement, image: ImageData): void => {
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext("2d")?.putImageData(image, 0, 0);
  };
  return {
    element: frame,
    after,
    showBefore(image) {
      frame.style.aspectRatio = `${String(image.width)} / ${String(image.height)}`;
      frame.classList.remove("done");
      draw(before, image);
    },
    showAfter(image) {
      draw(after, image);
      frame.classList.add("done");
    },
  };
}

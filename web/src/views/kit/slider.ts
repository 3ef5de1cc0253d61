/** A slider with its name in front and its value behind. */
import { element } from "../../ui/element";
import { format, newId } from "./layout";

export interface Slider {
  element: HTMLElement;
  input: HTMLInputElement;
  /** Set the value without calling `change`. */
  set(value: number): void;
}

export interface SliderOptions {
  label: string;
  low: number;
  high: number;
  value: number;
  /** What stands between the name and the slider, and between the slider and the value. */
  before?: Node;
  after?: Node;
  text?: (value: number) => string;
  change: (value: number) => void;
}

/** Return a slider. */
export function createSlider({ label, low, high, value, before, after, text = format, change }: SliderOptions): Slider {
  const id = newId();
  const output = element("span", { class: "value", "aria-hidden": "true" });
  const input = element("input", { id, type: "range", min: low, max: high, step: (high - low) / 200 || 1 });
  const show = (shown: number): void => {
    output.textContent = text(shown);
    input.setAttribute("aria-valuetext", text(shown));
    input.style.setProperty("--share", `${String((100 * (Number(input.value) - low)) / (high - low || 1))}%`);
  };
  const set = (shown: number): void => {
    input.value = String(shown);
    show(shown);
  };
  input.oninput = () => {
    show(Number(input.value));
    change(Number(input.value));
  };
  set(value);
  const children = [element("label", { for: id }, label), before, input, after, output];
  return { element: element("div", { class: "slider" }, ...children.filter((child) => child !== undefined)), input, set };
}

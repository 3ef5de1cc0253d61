/** A slider with its name in front and its value behind. */
import { format, h, newId, type Child } from "./dom";

export interface Slider {
  element: HTMLElement;
  input: HTMLInputElement;
  /** Set the value without calling the listener. */
  set(value: number): void;
}

export interface SliderOptions {
  label: string;
  low: number;
  high: number;
  value: number;
  step?: number;
  before?: Child;
  after?: Child;
  text?: (value: number) => string;
  change: (value: number) => void;
}

/** Return a slider. */
export function createSlider(options: SliderOptions): Slider {
  const id = newId();
  const text = options.text ?? format;
  const output = h("output", { for: id }, text(options.value));
  const input = h("input", {
    id,
    type: "range",
    min: options.low,
    max: options.high,
    step: options.step ?? (options.high - options.low) / 200,
    value: options.value,
    oninput: () => {
      show(Number(input.value));
      options.change(Number(input.value));
    },
  });
  const show = (value: number): void => {
    output.textContent = text(value);
    input.setAttribute("aria-valuetext", text(value));
    const share = (Number(input.value) - options.low) / (options.high - options.low);
    input.style.setProperty("--share", `${100 * share}%`);
  };
  input.value = String(options.value);
  show(options.value);
  const element = h(
    "div",
    { class: "slider" },
    h("label", { for: id }, options.label),
    options.before,
    input,
    options.after,
    output,
  );
  return {
    element,
    input,
    set(value) {
      input.value = String(value);
      show(value);
    },
  };
}

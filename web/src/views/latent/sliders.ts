/** A slider for each latent, most active first; the less active ones can be opened. */
import { element } from "../../ui/element";
import { createSlider, type Slider } from "../kit/slider";
import type { Latent, LatentData } from "./data";

const FIRST = 8; // sliders that are shown at once
const MOST = 64;

export interface Sliders {
  element: HTMLElement;
  set(code: Float32Array): void;
}

/** Return the sliders.
 * @param data - the latents
 * @param code - where they begin
 * @param change - called with the number of a latent and its value
 */
export function createSliders(data: LatentData, code: Float32Array, change: (index: number, value: number) => void): Sliders {
  const largest = Math.max(...data.latents.map(({ activity }) => activity), 1e-9);
  const sliders = new Map<number, Slider>();
  const rows = data.latents.slice(0, MOST).map((latent) => {
    const slider = createSlider({
      label: `z${String(latent.index + 1)}`,
      ...limits(latent),
      value: code[latent.index] ?? 0,
      before: activityBar(latent, largest, data.measure),
      change: (value) => { change(latent.index, value); },
    });
    sliders.set(latent.index, slider);
    return slider.element;
  });
  const nodes: (Node | string)[] = [element("p", { class: "soft" }, `The latents, most active first. The bar: ${data.measure}.`), ...rows.slice(0, FIRST)];
  if (rows.length > FIRST) {
    nodes.push(element("details", {}, element("summary", {}, `${String(rows.length - FIRST)} less active latents`), ...rows.slice(FIRST)));
  }
  return {
    element: element("div", { class: "sliders" }, ...nodes),
    set(next) {
      for (const [index, slider] of sliders) slider.set(next[index] ?? 0);
    },
  };
}

/** Return the range of a slider; a latent that never changes gets one too. */
function limits({ low, high }: Latent): { low: number; high: number } {
  return high - low > 1e-3 ? { low, high } : { low: low - 1, high: high + 1 };
}

function activityBar({ activity }: Latent, largest: number, measure: string): HTMLElement {
  const fill = element("i");
  fill.style.width = `${String((100 * activity) / largest)}%`;
  return element("span", { class: "activity", title: `${String(activity)}: ${measure}`, "aria-hidden": "true" }, fill);
}

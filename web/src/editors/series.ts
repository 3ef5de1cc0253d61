/** The editor of series: a trace that can be dragged, with a pointer or with the arrow keys. */
import { element } from "../ui/element";
import { plotSeries } from "../ui/series_plot";
import { arrayFile } from "./array_file";
import type { Editor, EditorOptions } from "./editor";

const REACH = 0.03; // of the length: how far around the pointer the trace follows

export function seriesEditor(options: EditorOptions): Editor {
  const [time = 1, channels = 1] = options.shape;
  const plot = plotSeries(options.shape);
  let values = new Float32Array(time * channels);
  let held: { pointer: number; channel: number } | null = null;
  let cursor = { at: Math.floor(time / 2), channel: 0 };

  /** Move the trace near a place towards a value. */
  function bend(at: number, channel: number, target: number): void {
    const change = target - (values[at * channels + channel] ?? 0);
    const reach = Math.max(REACH * time, 0.5);
    for (let t = 0; t < time; t++) {
      const weight = Math.exp(-0.5 * ((t - at) / reach) ** 2);
      if (weight > 0.01) values[t * channels + channel] = (values[t * channels + channel] ?? 0) + weight * change;
    }
  }

  function changed(done: boolean, moment: number): void {
    plot.draw(values);
    options.onChange({ values: values.slice(), done, time: moment });
  }

  function nearestChannel(at: number, value: number): number {
    const distance = (c: number) => Math.abs((values[at * channels + c] ?? 0) - value);
    return Array.from({ length: channels }, (_, c) => c).reduce((best, c) => (distance(c) < distance(best) ? c : best), 0);
  }

  const { node } = plot;
  node.setAttribute("tabindex", "0");
  node.setAttribute("role", "application");
  node.setAttribute("aria-label", "The series. Drag it, or move along it with left and right and bend it with up and down.");
  node.addEventListener("pointerdown", (event) => {
    if (held || event.button !== 0) return;
    event.preventDefault();
    node.setPointerCapture(event.pointerId);
    node.focus({ preventScroll: true });
    const { at, value } = plot.place(event);
    held = { pointer: event.pointerId, channel: nearestChannel(at, value) };
    bend(at, held.channel, value);
    changed(false, event.timeStamp);
  });
  node.addEventListener("pointermove", (event) => {
    if (event.pointerId !== held?.pointer) return;
    const { at, value } = plot.place(event);
    bend(at, held.channel, value);
    changed(false, event.timeStamp);
  });
  const release = (event: PointerEvent) => {
    if (event.pointerId !== held?.pointer) return;
    held = null;
    changed(true, event.timeStamp);
  };
  node.addEventListener("pointerup", release);
  node.addEventListener("pointercancel", release);
  node.addEventListener("keydown", (event) => {
    const along = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const channel = { PageUp: 1, PageDown: -1 }[event.key];
    if (along === undefined && up === undefined && channel === undefined) return;
    event.preventDefault();
    cursor = {
      at: Math.min(Math.max(cursor.at + (along ?? 0), 0), time - 1),
      channel: (cursor.channel + (channel ?? 0) + channels) % channels,
    };
    plot.mark(cursor.at);
    if (up === undefined) return;
    bend(cursor.at, cursor.channel, (values[cursor.at * channels + cursor.channel] ?? 0) + (up * plot.span()) / 20);
    changed(true, event.timeStamp);
  });
  node.addEventListener("blur", () => { plot.mark(null); });

  const stage = element("div", { class: "stage flat" }, node);
  const show = (next: Float32Array) => {
    values = next.slice();
    plot.fitRange(values);
    plot.draw(values);
  };
  return {
    node: element("div", { class: "editor wide" }, stage, arrayFile(stage, options, show),
      element("p", { class: "hint" }, "Drag the trace up or down. With the keyboard: left and right move along it, up and down bend it.")),
    show,
    restore: () => null,
  };
}

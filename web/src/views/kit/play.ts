/** A button that moves a value from 0 to 1 and back, until it is pressed again. */
import { h } from "./dom";

const SECONDS = 3; // from 0 to 1

/** Return the button.
 * @param position - where the value is now
 * @param move - called with the new value for each frame
 */
export function createPlayButton(position: () => number, move: (value: number) => void): HTMLButtonElement {
  let frame = 0;
  const button = h("button", { type: "button", onclick: () => (frame ? stop() : start()) }, "Play");
  const stop = (): void => {
    cancelAnimationFrame(frame);
    frame = 0;
    button.textContent = "Play";
  };
  const start = (): void => {
    button.textContent = "Pause";
    let [value, step, last] = [position(), 1, performance.now()];
    if (value >= 1) step = -1;
    const next = (now: number): void => {
      if (!button.isConnected) return stop();
      value += (step * (now - last)) / 1000 / SECONDS;
      last = now;
      if (value >= 1 || value <= 0) {
        value = Math.min(1, Math.max(0, value));
        step = -step;
      }
      move(value);
      frame = requestAnimationFrame(next);
    };
    frame = requestAnimationFrame(next);
  };
  return button;
}

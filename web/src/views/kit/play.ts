/** A button that moves a value from 0 to 1 and back, until it is pressed again. */
import { button } from "../../ui/element";

const SECONDS = 3; // from 0 to 1

/** Return the button.
 * @param position - returns where the value is now
 * @param move - called with the new value for each frame
 */
export function createPlayButton(position: () => number, move: (value: number) => void): HTMLButtonElement {
  let frame = 0;
  const play = button("Play", () => {
    if (frame) stop();
    else start();
  });
  const stop = (): void => {
    cancelAnimationFrame(frame);
    frame = 0;
    play.textContent = "Play";
  };
  const start = (): void => {
    play.textContent = "Pause";
    let value = position();
    let step = value >= 1 ? -1 : 1;
    let last = performance.now();
    const next = (now: number): void => {
      if (!play.isConnected) {
        stop();
        return;
      }
      value += (step * (now - last)) / 1000 / SECONDS;
      last = now;
      if (value >= 1) step = -1;
      if (value <= 0) step = 1;
      move(Math.min(1, Math.max(0, value)));
      frame = requestAnimationFrame(next);
    };
    frame = requestAnimationFrame(next);
  };
  return play;
}

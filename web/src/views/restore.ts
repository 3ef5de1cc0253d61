/** The view of a network that restores photographs: before and after, with nothing sent anywhere. */
import { decodeImage } from "../arrays/image_file";
import type { Pixels } from "../arrays/resize";
import { dropTarget } from "../ui/drop";
import { button, element } from "../ui/element";
import { milliseconds } from "../ui/format";
import { saveBlob } from "../ui/save";
import { clamp, format, section } from "./kit/layout";
import { createDivider } from "./restore/divider";
import { createRestorer, type Step, type TileData } from "./restore/compute";
import type { ArrayFile, Mount } from "../page/types";

export interface RestoreData extends TileData {
  /** Bytes of WebP files: the page's own photograph, sharp and blurred. */
  sharp: ArrayFile;
  blurred: ArrayFile;
  credit: string;
}

export const mount: Mount<RestoreData> = (container, page, session) => {
  const { data } = page.content;
  const restore = createRestorer(page, session);
  const divider = createDivider(clamp(Number(page.state.get("divider") ?? 50) || 50, 0, 100), (at) => { page.state.set({ divider: at }); });
  const progress = element("progress", { max: 1, value: 0, "aria-label": "Progress" });
  const line = element("p", { class: "progress-line" }, " ");
  const spoken = element("p", { class: "unseen", role: "status" });
  const save = button("Save the result", () => {
    divider.after.toBlob((blob) => { if (blob) saveBlob(blob, `${name}-restored.png`); });
  });
  save.disabled = true;
  let [name, turn] = ["photograph", 0];

  const tell = ({ done, left }: Step): void => {
    progress.value = done;
    line.textContent = left === null ? "Looking at the whole photograph \u2026" : `${format(100 * done, 0)} %, about ${milliseconds(1000 * left)} left`;
  };

  async function work(image: Pixels, title: string, sharp: Pixels | null): Promise<void> {
    turn += 1;
    const own = turn;
    const isWanted = (): boolean => own === turn;
    name = title.replace(/\.[^.]*$/, "");
    save.disabled = true;
    delete container.dataset["restored"];
    divider.showBefore(imageData(image));
    const started = performance.now();
    let colours: Float32Array;
    try {
      colours = await restore(image, (step) => { if (isWanted()) tell(step); }, isWanted);
    } catch (error) {
      if (!isWanted()) return;
      throw error;
    }
    if (!isWanted()) return;
    const result = withColours(image, colours);
    divider.showAfter(imageData(result));
    save.disabled = false;
    progress.value = 1;
    const took = performance.now() - started;
    const gain = sharp ? ` PSNR to the sharp photograph: ${format(psnr(image, sharp), 1)} dB before, ${format(psnr(result, sharp), 1)} dB after.` : "";
    line.textContent = `${String(image.width)} \u00d7 ${String(image.height)} pixels in ${milliseconds(took)}.${gain}`;
    spoken.textContent = `Done. ${line.textContent}`;
    container.dataset["restored"] = took.toFixed(0);
  }

  const panel = section("Sharpen a photograph", "Drop a photograph that a shaking hand took. It is computed in this browser and leaves it at no time.");
  const choose = dropTarget(panel, "Open a photograph", "image/*", async (file) => work(await decodeImage(file), file.name, null));
  const own = button("Use the page's photograph", () => void showOwn());
  panel.append(divider.element, element("div", { class: "progress" }, progress, line), spoken,
    element("div", { class: "tools" }, choose, own, save), element("p", { class: "hint" }, `The page's photograph: ${data.credit}. It was blurred for this page.`));
  container.append(panel, section("How it is computed", "",
    element("p", {}, `A photograph of up to ${String(data.whole)} \u00d7 ${String(data.whole)} pixels is computed in one piece, as zoo apply computes it. A larger one is computed in tiles that overlap and fade into each other${data.edit ? ", with the network's view of the whole photograph given to every tile" : ""}.`),
    element("p", {}, "A worker computes, so the page stays awake. The result has the photograph's size, stands upright, and keeps transparent places.")));

  async function showOwn(): Promise<void> {
    const [blurred, sharp] = await Promise.all([data.blurred, data.sharp].map(async (file) => {
      const { data: bytes } = await page.array(file);
      return decodeImage(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "image/webp" }));
    }));
    if (blurred && sharp) await work(blurred, "photograph", sharp);
  }
  void showOwn();
};

function imageData({ data, width, height }: Pixels): ImageData {
  return new ImageData(new Uint8ClampedArray(data), width, height);
}

/** Return an image with other colours and its own transparency; a grey image stays grey. */
export function withColours(image: Pixels, colours: Float32Array): Pixels {
  const data = new Uint8ClampedArray(image.data);
  const grey = isGrey(image);
  for (let at = 0; at < image.width * image.height; at += 1) {
    const mean = ((colours[3 * at] ?? 0) + (colours[3 * at + 1] ?? 0) + (colours[3 * at + 2] ?? 0)) / 3;
    for (let c = 0; c < 3; c += 1) data[4 * at + c] = 255 * (grey ? mean : (colours[3 * at + c] ?? 0)); // rounded half to even, as NumPy does
  }
  return { ...image, data };
}

function isGrey({ data }: Pixels): boolean {
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false;
  }
  return true;
}

/** Return the peak signal-to-noise ratio of two images of one size, in decibel. */
export function psnr(one: Pixels, other: Pixels): number {
  let [sum, count] = [0, 0];
  for (let at = 0; at < one.data.length; at += 1) {
    if (at % 4 === 3) continue;
    sum += ((one.data[at] ?? 0) - (other.data[at] ?? 0)) ** 2;
    count += 1;
  }
  return 10 * Math.log10((255 * 255) / Math.max(sum / count, 1e-6));
}

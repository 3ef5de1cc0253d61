/** Files that the visitor saves. They are made in the page and go nowhere else. */
import { element } from "./element";
import { pixelCanvas } from "./pixels";

/** Save an image of values in [0, 1] as a PNG with one pixel for each. */
export function savePng(values: ArrayLike<number>, shape: readonly number[], name: string): void {
  pixelCanvas(values, shape).toBlob((blob) => { if (blob) saveBlob(blob, name); });
}

export function saveBlob(blob: Blob, name: string): void {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => { URL.revokeObjectURL(link.href); }, 10_000);
}

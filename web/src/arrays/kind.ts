/** What one example of a shape is: its number of axes decides, as in zoo/data/arrays.py. */
export type ExampleKind = "numbers" | "series" | "image" | "volume";

/** Return the kind of an example of a shape without the batch; null if it has no axis, or more than four. */
export function exampleKind(shape: readonly unknown[]): ExampleKind | null {
  return ([null, "numbers", "series", "image", "volume"] as const)[shape.length] ?? null;
}

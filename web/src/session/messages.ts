/** What the page and its worker say to each other. */
import type { Tensors } from "../page/types";

export type Request =
  | { kind: "start"; runtime: ArrayBuffer }
  | { kind: "load"; part: string; model: ArrayBuffer }
  | { kind: "run"; part: string; inputs: Tensors };

export interface Numbered {
  id: number;
  request: Request;
}

export interface Answer {
  id: number;
  outputs?: Tensors;
  error?: string;
}

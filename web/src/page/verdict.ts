/** The verdict: the export's own tests of every part, run in this browser and compared as the gate compares. */
import type { OpenSession } from "../session/session";
import type { ArrayFile, Page, PartTest, Tensor, Tensors } from "./types";

export interface PartVerdict {
  part: string;
  /** What is wrong; empty where the part is equal. */
  problem: string;
  /** The largest absolute difference of an output. */
  difference: number;
  tests: number;
}

export interface Verdict {
  parts: PartVerdict[];
  /** Whether the bytes of all parts have their SHA-256; null where this browser cannot compute it. */
  hashes: boolean | null;
  milliseconds: number;
  browser: string;
}

export function isEqual(verdict: Verdict): boolean {
  return verdict.parts.length > 0 && verdict.parts.every(({ problem }) => !problem);
}

export function largestDifference(verdict: Verdict): number {
  return verdict.parts.reduce((most, { difference }) => Math.max(most, difference), 0);
}

/** Run all tests of all parts. */
export async function prove(page: Page, session: OpenSession): Promise<Verdict> {
  const started = performance.now();
  const canHash = isSecureContext;
  const parts: PartVerdict[] = [];
  for (const part of Object.keys(page.content.parts)) {
    parts.push(await provePart(page, session, part, canHash));
  }
  return { parts, hashes: canHash ? true : null, milliseconds: performance.now() - started, browser: browserName() };
}

async function provePart(page: Page, session: OpenSession, part: string, canHash: boolean): Promise<PartVerdict> {
  const tests = page.content.tests[part] ?? [];
  const verdict: PartVerdict = { part, problem: "", difference: 0, tests: tests.length };
  try {
    const bytes = await session.load(part);
    if (canHash && (await sha256(bytes)) !== page.content.parts[part]?.sha256) {
      verdict.problem = "its bytes are not those that were proved";
    }
    if (!tests.length) verdict.problem ||= "there is no test of it";
    for (const test of tests) {
      const { difference, problem } = await runTest(page, session, part, test);
      verdict.difference = Math.max(verdict.difference, difference);
      verdict.problem ||= problem;
    }
  } catch (error) {
    verdict.problem = `it cannot be run here: ${error instanceof Error ? error.message : String(error)}`;
  }
  return verdict;
}

async function runTest(page: Page, session: OpenSession, part: string, test: PartTest) {
  const outputs = await session.run(part, await readAll(page, test.inputs));
  const expected = await readAll(page, test.outputs);
  const names = Object.keys(expected);
  if (!names.length || names.sort().join() !== Object.keys(outputs).sort().join()) {
    return { difference: 0, problem: `its outputs are ${Object.keys(outputs).join(", ")}` };
  }
  let [difference, problem] = [0, ""];
  for (const name of names) {
    const result = compare(name, outputs[name], expected[name], test.scales[name] ?? 1, page.content.tolerance);
    difference = Math.max(difference, result.difference);
    problem ||= result.problem;
  }
  return { difference, problem };
}

async function readAll(page: Page, files: Record<string, ArrayFile>): Promise<Tensors> {
  const entries = Object.entries(files).map(async ([name, file]) => [name, await page.array(file)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Compare as zoo/exporters/comparison.py does: the shape, the dtype, then |a - b| <= scale (absolute + relative |b|). */
export function compare(
  name: string, received: Tensor | undefined, expected: Tensor | undefined, scale: number,
  tolerance: { absolute: number; relative: number },
): { difference: number; problem: string } {
  if (!received || !expected) return { difference: 0, problem: `${name} is missing` };
  const shape = received.shape.join(" × ");
  if (shape !== expected.shape.join(" × ")) {
    return { difference: 0, problem: `${name} has the shape ${shape}, expected ${expected.shape.join(" × ")}` };
  }
  if (received.dtype !== expected.dtype) {
    return { difference: 0, problem: `${name} has the dtype ${received.dtype}, expected ${expected.dtype}` };
  }
  let [largest, isOff] = [0, false];
  for (let at = 0; at < expected.data.length; at++) {
    const [a, b] = [Number(received.data[at]), Number(expected.data[at])];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const difference = Math.abs(a - b);
    if (!Number.isFinite(difference)) return { difference: Infinity, problem: `${name} holds NaN or infinity where Keras has a number, or the reverse` };
    largest = Math.max(largest, difference);
    isOff ||= difference > scale * (tolerance.absolute + tolerance.relative * Math.abs(b));
  }
  return { difference: largest, problem: isOff ? `${name} is off by up to ${largest.toPrecision(3)}` : "" };
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Return the browser's name and version, such as "Chrome 156". */
function browserName(): string {
  const agent = navigator.userAgent;
  const found = /(Edg|OPR|Firefox)\/(\d+)/.exec(agent) ?? /(Chrome|Chromium)\/(\d+)/.exec(agent) ?? /(Version)\/(\d+)/.exec(agent);
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera", Version: "Safari" };
  return found?.[1] ? `${names[found[1]] ?? found[1]} ${found[2] ?? ""}` : "this browser";
}

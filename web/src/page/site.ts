/** The index of several models: it stands without this program, which adds the check of all models here. */
import { openSession } from "../session/session";
import { button, element } from "../ui/element";
import { milliseconds } from "../ui/format";
import { openPage } from "./page";
import { openSource } from "./source";
import { isEqual, largestDifference, prove } from "./verdict";

export function openIndex(main: HTMLElement): void {
  const cards = [...main.querySelectorAll<HTMLElement>("[data-folder]")];
  const place = document.querySelector("[data-check]");
  if (!place || !cards.length) return;
  const status = element("span", { role: "status", class: "hint" });
  const check = button("Check all in this browser", () => {
    check.disabled = true;
    void checkAll(cards, (text) => { status.textContent = text; });
  });
  place.replaceChildren(check, status);
}

async function checkAll(cards: HTMLElement[], tell: (text: string) => void): Promise<void> {
  const started = performance.now();
  let equal = 0;
  for (const [number, card] of cards.entries()) {
    tell(`${String(number + 1)} of ${String(cards.length)} …`);
    if (await checkOne(card)) equal += 1;
  }
  tell(`${String(equal)} of ${String(cards.length)} are equal to Keras here, in ${milliseconds(performance.now() - started)}.`);
}

/** Run the tests of one model, write the verdict on its card, and return whether it is equal. */
async function checkOne(card: HTMLElement): Promise<boolean> {
  const source = openSource(card.dataset["folder"] ?? "");
  const line = card.querySelector(".here");
  try {
    const page = await openPage(source);
    const session = await openSession(page.content, source);
    const verdict = await prove(page, session).finally(() => { session.close(); });
    const equal = isEqual(verdict);
    line?.classList.add(equal ? "equal" : "different");
    if (line) {
      line.textContent = equal
        ? `equal in ${verdict.browser}, ${largestDifference(verdict).toExponential(1)}`
        : `different in ${verdict.browser}`;
    }
    return equal;
  } catch (error) {
    line?.classList.add("different");
    if (line) line.textContent = `cannot be checked: ${error instanceof Error ? error.message : String(error)}`;
    return false;
  }
}

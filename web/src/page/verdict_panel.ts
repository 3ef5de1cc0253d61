/** The panel that shows the verdict, beside the card. */
import type { OpenSession } from "../session/session";
import { element } from "../ui/element";
import { milliseconds } from "../ui/format";
import type { Page } from "./types";
import { isEqual, largestDifference, prove, type Verdict } from "./verdict";

/** Return the panel; the tests begin at once, and the promise ends with them. */
export function verdictPanel(page: Page, session: OpenSession): { node: HTMLElement; done: Promise<Verdict> } {
  const title = element("h2", {}, "Checking in this browser …");
  const line = element("p", {}, "The export's own test inputs are run here and compared with Keras' outputs.");
  const rows = Object.keys(page.content.parts).map((part) => ({ part, cell: element("td", {}, "…") }));
  const table = element("table", {},
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "part"), element("th", { scope: "col" }, "largest difference"))),
    element("tbody", {}, ...rows.map(({ part, cell }) => element("tr", {}, element("th", { scope: "row" }, part), cell))));
  const foot = element("p", { class: "hint" }, " ");
  const status = element("div", { role: "status" }, title, line);
  const node = element("section", { class: "panel verdict checking", "aria-label": "Verdict of this browser" }, status, table, foot);
  const done = prove(page, session).then((verdict) => {
    show(verdict);
    return verdict;
  });

  function show(verdict: Verdict): void {
    const equal = isEqual(verdict);
    const { absolute, relative } = page.content.tolerance;
    node.classList.replace("checking", equal ? "equal" : "different");
    title.textContent = equal ? "Equal to Keras in this browser" : "Different from Keras in this browser";
    line.textContent = equal
      ? `Within ${power(absolute)} + ${power(relative)} |b| for every output of every test.`
      : "Do not trust what this page says. A part gives another answer than the model that was proved:";
    rows.forEach(({ part, cell }) => {
      const own = verdict.parts.find((each) => each.part === part);
      cell.textContent = own?.problem ? own.problem : (own?.difference ?? 0).toExponential(1);
      cell.classList.toggle("problem", Boolean(own?.problem));
    });
    const count = verdict.parts.reduce((sum, { tests }) => sum + tests, 0);
    const hashes = verdict.hashes === null ? "the SHA-256 was not checked: it needs https or localhost" : "the SHA-256 of each part checked";
    foot.textContent = `${verdict.browser}, ${String(count)} tests in ${milliseconds(verdict.milliseconds)}; ${hashes}.`;
    node.dataset["difference"] = String(largestDifference(verdict));
  }
  return { node, done };
}

/** Return a tolerance as 1e-5. */
function power(value: number): string {
  return value.toExponential().replace("e-0", "e-");
}

/** The panel of the network's nearest mistakes in the test data. */
import type { Page } from "../../page/types";
import { element } from "../../ui/element";
import { thumbnail } from "../../ui/thumbnail";
import type { ClassifierData } from "../classifier";
import { nearestMistakes, type MistakeArrays } from "./mistakes";

const SHOWN = 6;

export interface MistakePanel {
  readonly node: HTMLElement;
  update(probabilities: Float32Array): void;
}

export function mistakePanel(page: Page<ClassifierData>, data: ClassifierData, classes: readonly string[]): MistakePanel {
  const list = element("ol", { class: data.mistakes?.inputs ? "mistakes" : "mistakes none" });
  const node = element("div", { class: "panel wrong" }, element("h2", {}, "Its nearest mistakes"), element("p", { class: "hint" }, summary(data)), list);
  const arrays = loadArrays(page, data);
  let turn = 0;
  return {
    node,
    update(probabilities) {
      const own = ++turn;
      void arrays.then((loaded) => {
        if (!loaded || own !== turn) return;
        list.replaceChildren(...nearestMistakes(loaded, probabilities, SHOWN).map(({ values, target, answer }) => {
          const words = `${classes[target] ?? ""} taken for ${classes[answer] ?? ""}`;
          return element("li", {}, thumbnail(values, data.shape, words), element("span", {}, words));
        }));
      });
    },
  };
}

function summary(data: ClassifierData): string {
  if (!data.mistakes) return "The test data was not at hand when this page was made.";
  const { count, of } = data.mistakes;
  if (count === 0) return `It made no mistake in ${String(of)} test examples.`;
  if (count === 1) return `1 of ${String(of)} test examples is taken for another class.`;
  return `${String(count)} of ${String(of)} test examples are taken for another class. These are nearest to what it says now.`;
}

async function loadArrays(page: Page<ClassifierData>, data: ClassifierData): Promise<MistakeArrays | null> {
  const { inputs, targets, probabilities } = data.mistakes ?? {};
  if (!inputs || !targets || !probabilities) return null;
  const [a, b, c] = await Promise.all([page.array(inputs), page.array(targets), page.array(probabilities)]);
  return { inputs: a, targets: b, probabilities: c };
}

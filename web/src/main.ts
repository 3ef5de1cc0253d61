/** The program of every page. In a worker it runs the parts; in a page it shows one model, or the index. */
import { cardPanel } from "./page/card";
import { openPage } from "./page/page";
import { openIndex } from "./page/site";
import { openSource } from "./page/source";
import { verdictPanel } from "./page/verdict_panel";
import { openSession } from "./session/session";
import { serve } from "./session/worker";
import { element } from "./ui/element";
import { viewOf } from "./views/index";
import "./styles/main.css";

async function openModel(main: HTMLElement): Promise<void> {
  const source = openSource();
  const page = await openPage(source);
  const session = openSession(page.content, source);
  const view = element("section", { class: "view", "data-view": page.content.view, "aria-label": "Try it" });
  const verdict = verdictPanel(page, session);
  main.replaceChildren(view, verdict.node, cardPanel(page));
  await viewOf(page.content.view)(view, page, session);
}

async function start(): Promise<void> {
  const main = document.querySelector("main");
  if (!main) return;
  try {
    if (document.body.dataset["page"] === "index") openIndex(main);
    else await openModel(main);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    main.prepend(element("p", { class: "panel alert", role: "alert" }, `This page is not whole: ${reason}`));
  } finally {
    document.body.dataset["state"] = "open";
  }
}

if (typeof document === "undefined") serve();
else void start();

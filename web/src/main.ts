/** The program of every page: it shows one model, or the index. */
import { cardPanel } from "./page/card";
import { openPage } from "./page/page";
import { openIndex } from "./page/site";
import { openSource } from "./page/source";
import type { Mount } from "./page/types";
import { verdictPanel } from "./page/verdict_panel";
import { openSession } from "./session/session";
import { element } from "./ui/element";
import "./styles/main.css";

/** What the script of the page's view exports: one of src/views, which the HTML names before this one. */
declare const zooView: { mount: Mount };

async function openModel(main: HTMLElement): Promise<void> {
  const source = openSource();
  const page = await openPage(source);
  const session = await openSession(page.content, source);
  const view = element("section", { class: "view", "data-view": page.content.view, "aria-label": "Try it" });
  const verdict = verdictPanel(page, session);
  main.replaceChildren(view, verdict.node, cardPanel(page));
  await zooView.mount(view, page, session);
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

void start();

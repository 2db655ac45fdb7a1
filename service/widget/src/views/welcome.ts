// What an empty conversation shows.

import { type Failure, failureOf } from "../failure";
import type { Settings } from "../settings";
import { fill } from "../text";
import type { Context } from "./context";
import { h } from "./dom";
import { failureNote } from "./failure-note";
import { icon } from "./icons";

const SUGGESTED = 4;

export class Welcome {
  readonly element: HTMLElement;
  readonly #list = h("ul", { class: "suggestions" });
  readonly #title = h("h2", { class: "welcome-title" });
  readonly #more = h("p", { class: "welcome-more" });
  #turn = 0;

  constructor(
    private readonly context: Context,
    private readonly settings: Pick<Settings, "lang" | "suggestions">,
  ) {
    const { text } = context;
    this.element = h(
      "div",
      { class: "welcome" },
      h("div", { class: "welcome-mark", "aria-hidden": "true" }, icon("chat")),
      this.#title,
      this.#more,
      h("p", { class: "sr-only" }, text.suggestions),
      this.#list,
    );
    this.#title.textContent = text.welcome;
  }

  /** Show other suggestions than before; without the service, why there are none. */
  async suggest(): Promise<void> {
    const turn = this.#turn++;
    const first = await this.context.client.first().catch((error: unknown) => this.#fail(failureOf(error)));
    if (!first) return;
    const { text } = this.context;
    const { lang, suggestions } = this.settings;
    const speech = first.speech[lang === "own" ? "en" : lang];
    if (speech?.about) this.#title.textContent = fill(text.welcomeTo, { about: speech.about });
    if (speech?.name) this.#more.textContent = fill(text.welcomeMore, { name: speech.name });
    const given = [suggestions, speech?.questions ?? [], first.questions].find((all) => all.length) ?? [];
    this.#list.replaceChildren(...dealt(given, SUGGESTED, turn).map((question) => this.#suggestion(question)));
  }

  #suggestion(question: string): HTMLElement {
    return h(
      "li",
      {},
      h(
        "button",
        {
          class: "suggestion",
          part: "suggestion",
          type: "button",
          "data-test": "suggestion",
          onclick: () => this.context.ask(question),
        },
        h("span", { dir: "auto" }, question),
        icon("arrow"),
      ),
    );
  }

  #fail(failure: Failure): null {
    const note = failureNote(failure, this.context.text, () => void this.suggest());
    this.#list.replaceChildren(h("li", {}, note));
    return null;
  }
}

/** So many of all, other ones at each turn. */
export function dealt<T>(all: readonly T[], k: number, turn: number): T[] {
  return Array.from({ length: Math.min(k, all.length) }, (_, i) => all[(turn * k + i) % all.length] as T);
}

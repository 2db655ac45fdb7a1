// What an empty conversation shows.

import { type Failure, failureOf } from "../failure";
import { suggestions } from "../outline";
import { sayFailure } from "../text";
import type { Context } from "./context";
import { h } from "./dom";
import { icon } from "./icons";

const SUGGESTED = 4;

export class Welcome {
  readonly element: HTMLElement;
  readonly #list = h("ul", { class: "suggestions" });
  readonly #title = h("h2", { class: "welcome-title" });
  readonly #more = h("p", { class: "welcome-more" });
  #turn = 0;

  constructor(private readonly context: Context) {
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
    this.#title.textContent = text.welcome("");
  }

  /** Show other suggestions than before; without an outline, why there are none. */
  async suggest(): Promise<void> {
    const turn = this.#turn++;
    const outline = await this.context.client.outline().catch((error: unknown) => this.#fail(failureOf(error)));
    if (!outline) return;
    const { text } = this.context;
    const speech = outline.speech[text.speech];
    this.#title.textContent = text.welcome(speech?.about ?? "");
    this.#more.textContent = speech ? text.welcomeMore(speech.name) : "";
    const buttons = suggestions(outline, text.speech, SUGGESTED, turn).map((question) =>
      h(
        "li",
        {},
        h(
          "button",
          { class: "suggestion", type: "button", "data-test": "suggestion", onclick: () => this.context.ask(question) },
          h("span", { dir: "auto" }, question),
          icon("arrow"),
        ),
      ),
    );
    this.#list.replaceChildren(...buttons);
  }

  #fail(failure: Failure): null {
    const { text } = this.context;
    const retry = h(
      "button",
      { class: "button", type: "button", "data-test": "retry", onclick: () => void this.suggest() },
      icon("retry"),
      text.retry,
    );
    const message = h("p", {}, sayFailure(failure, text));
    const may = failure.kind !== "forbidden" && retry;
    this.#list.replaceChildren(
      h("li", { class: "error", "data-test": "error" }, icon("warning"), h("div", {}, message, may)),
    );
    return null;
  }
}

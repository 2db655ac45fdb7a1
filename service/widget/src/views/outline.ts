// The table of contents: sections, entries, a filter by stars and a search.

import type { OutlineResponse } from "../contract";
import { failureOf } from "../failure";
import { type Filter, filtered } from "../outline";
import { sayFailure } from "../text";
import type { Context } from "./context";
import { h } from "./dom";
import { entryRow } from "./entry";
import { icon } from "./icons";

const STARS = [0, 5, 4, 3] as const;

export class OutlineView {
  readonly element: HTMLElement;
  readonly #search: HTMLInputElement;
  readonly #clear: HTMLButtonElement;
  readonly #list = h("div", { class: "sections" });
  readonly #found = h("p", { class: "found", role: "status" });
  readonly #levels: HTMLButtonElement[];
  #filter: Filter = { words: "", minStars: 0 };
  #outline: OutlineResponse | null = null;

  constructor(private readonly context: Context) {
    const { text } = context;
    this.#search = h("input", {
      type: "search",
      "data-test": "outline-search",
      "aria-label": text.search,
      placeholder: text.search,
      autocomplete: "off",
      oninput: () => this.#narrow({ words: this.#search.value }),
    });
    this.#clear = h(
      "button",
      { class: "tool", type: "button", hidden: true, "aria-label": text.clearSearch, onclick: () => this.#reset() },
      icon("close"),
    );
    this.#levels = STARS.map((level) => this.#level(level));
    const levels = h(
      "div",
      { class: "levels", role: "group", "aria-label": text.minStars, "data-test": "outline-stars" },
      ...this.#levels,
    );
    this.element = h(
      "div",
      { class: "outline", "data-test": "outline" },
      h(
        "div",
        { class: "outline-tools" },
        h("div", { class: "search" }, icon("search"), this.#search, this.#clear),
        h("div", { class: "outline-line" }, levels, this.#found),
      ),
      this.#list,
    );
  }

  focus(): void {
    this.#search.focus();
  }

  async load(): Promise<void> {
    if (this.#outline) return;
    const { text, client } = this.context;
    this.#list.replaceChildren(h("p", { class: "loading" }, text.loading));
    try {
      this.#outline = await client.outline();
      this.#draw();
    } catch (error) {
      const retry = h(
        "button",
        { class: "button", type: "button", "data-test": "retry", onclick: () => void this.load() },
        icon("retry"),
        text.retry,
      );
      this.#list.replaceChildren(
        h(
          "div",
          { class: "error", "data-test": "error" },
          icon("warning"),
          h("div", {}, h("p", {}, sayFailure(failureOf(error), text)), retry),
        ),
      );
    }
  }

  #level(level: number): HTMLButtonElement {
    const { text } = this.context;
    const label = level ? (level === 5 ? "★5" : `★${level}+`) : text.allStars;
    return h(
      "button",
      {
        class: "level",
        type: "button",
        "data-stars": level,
        "aria-pressed": String(level === 0),
        "aria-label": level ? text.stars(level) : text.allStars,
        onclick: () => this.#narrow({ minStars: level }),
      },
      label,
    );
  }

  #narrow(change: Partial<Filter>): void {
    this.#filter = { ...this.#filter, ...change };
    this.#clear.hidden = !this.#filter.words;
    for (const button of this.#levels)
      button.setAttribute("aria-pressed", String(Number(button.dataset.stars) === this.#filter.minStars));
    this.#draw();
  }

  #reset(): void {
    this.#search.value = "";
    this.#narrow({ words: "" });
    this.focus();
  }

  #draw(): void {
    if (!this.#outline) return;
    const { text } = this.context;
    const sections = filtered(this.#outline, this.#filter);
    const count = sections.reduce((sum, section) => sum + section.entries.length, 0);
    this.#found.textContent = count ? text.found(count) : text.nothingFound;
    this.#list.replaceChildren(
      ...sections.map((section) =>
        h(
          "section",
          {},
          h("h3", {}, h("span", { class: "section-number" }, String(section.number)), section.title),
          h(
            "ul",
            { class: "entries" },
            ...section.entries.map((entry) =>
              entryRow({ ...entry, document: section.document }, this.context, "entry"),
            ),
          ),
        ),
      ),
    );
    this.#list.scrollTop = 0;
  }
}

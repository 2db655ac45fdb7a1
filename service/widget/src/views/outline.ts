// The table of contents: sections, entries, a filter by stars and a search.

import type { Found, Outline } from "../api";
import type { Related } from "../contract";
import { failureOf } from "../failure";
import { type Filter, filtered, findEntry } from "../outline";
import { fill } from "../text";
import type { Context } from "./context";
import { h } from "./dom";
import { entryRow } from "./entry";
import { failureNote } from "./failure-note";
import { icon } from "./icons";

const STARS = [0, 5, 4, 3] as const;
const PAUSE_MS = 350;
const LEAST = 2;

export class OutlineView {
  readonly element: HTMLElement;
  readonly #search: HTMLInputElement;
  readonly #clear: HTMLButtonElement;
  readonly #list = h("div", { class: "sections" });
  readonly #found = h("p", { class: "found", role: "status" });
  readonly #levels: HTMLButtonElement[];
  #filter: Filter = { words: "", minStars: 0 };
  #outline: Outline | null = null;
  #searching: AbortController | null = null;
  #pause = 0;
  readonly #within = h("section", { class: "within", hidden: true });

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
      this.#list.replaceChildren(failureNote(failureOf(error), text, () => void this.load()));
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
        "aria-label": level ? fill(text.stars, { n: level }) : text.allStars,
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
    this.#look();
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
    this.#found.textContent = count ? fill(count === 1 ? text.foundOne : text.found, { n: count }) : text.nothingFound;
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
      this.#within,
    );
    this.#list.scrollTop = 0;
  }

  /** Titles are found at each key; the text is searched when the reader pauses. */
  #look(): void {
    clearTimeout(this.#pause);
    this.#searching?.abort();
    this.#within.hidden = true;
    const words = this.#filter.words.trim();
    if (words.length >= LEAST) this.#pause = window.setTimeout(() => void this.#read(words), PAUSE_MS);
  }

  async #read(words: string): Promise<void> {
    const searching = new AbortController();
    this.#searching = searching;
    const results = await this.context.client.search(words, searching.signal).catch(() => []);
    if (searching.signal.aborted || !this.#outline) return;
    const shown = new Set(
      filtered(this.#outline, this.#filter).flatMap((section) =>
        section.entries.map(({ id }) => `${section.document} ${id}`),
      ),
    );
    const entries = this.#entries(results).filter((entry) => !shown.has(`${entry.document} ${entry.entry_id}`));
    this.#within.hidden = !entries.length;
    const rows = entries.map((entry) => entryRow({ ...entry, id: entry.entry_id }, this.context, "within"));
    this.#within.replaceChildren(h("h3", {}, this.context.text.inText), h("ul", { class: "entries" }, ...rows));
  }

  #entries(results: Found): Related[] {
    const entries = new Map<string, Related>();
    for (const { entry_id: id, document } of results) {
      const entry = this.#outline && id ? findEntry(this.#outline, { id, document }) : undefined;
      if (entry && entry.stars >= this.#filter.minStars)
        entries.set(`${document} ${id}`, { ...entry, entry_id: entry.id, document });
    }
    return [...entries.values()];
  }
}

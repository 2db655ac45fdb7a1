// One entry to read, with a quote marked in it.

import type { PDFDocumentProxy } from "pdfjs-dist";
import type { Span } from "../address";
import type { EntryResponse } from "../contract";
import type { Quotation } from "../conversation";
import { failureOf } from "../failure";
import type { EntryKey } from "../outline";
import { dedent, lengthOf, markQuote } from "../quote";
import { fill } from "../text";
import { tool } from "./button";
import { Content, loadMarkdown } from "./content";
import type { Context } from "./context";
import { copyButton } from "./copy";
import { h, scrollWithin } from "./dom";
import { failureNote } from "./failure-note";
import { icon } from "./icons";
import { answeredMark, stars } from "./stars";

// What stands around a place that belongs to no entry.
const MARGIN = 1500;

export class Reader {
  readonly element = h("div", { class: "reader", "data-test": "reader", tabindex: 0, role: "region" });
  #asked = 0;
  #pdf: PDFDocumentProxy | null = null;

  constructor(private readonly context: Context) {}

  async read(key: EntryKey): Promise<void> {
    await this.#open(() => this.#entry(key, null));
  }

  /** Show a citation, one of all those of an answer. */
  async show(citation: Quotation, all: readonly Quotation[]): Promise<void> {
    const { entry_id: id, document } = citation;
    const steps = this.#steps(citation, all);
    await this.#open(() => {
      if (citation.pages?.length) return this.#page(citation, steps);
      return id ? this.#entry({ id, document }, citation, steps) : this.#passage(citation, steps);
    });
  }

  async visit(key: EntryKey, span: Span | null): Promise<void> {
    await this.#open(() => this.#entry(key, span));
  }

  /** Show what `load` gives, unless something else has been asked for meanwhile. */
  async #open(load: () => Promise<() => Promise<void>>): Promise<void> {
    const { text } = this.context;
    const asked = ++this.#asked;
    void this.#pdf?.loadingTask.destroy();
    this.#pdf = null;
    this.element.setAttribute("aria-label", text.loading);
    this.element.replaceChildren(h("p", { class: "loading" }, text.loading));
    try {
      const draw = await load();
      if (asked === this.#asked) await draw();
    } catch (error) {
      if (asked !== this.#asked) return;
      this.element.replaceChildren(failureNote(failureOf(error), text, () => void this.#open(load)));
    }
  }

  async #entry(key: EntryKey, span: Span | null, steps: HTMLElement | null = null): Promise<() => Promise<void>> {
    const entry = await this.context.client.entry(key);
    return async () => {
      const { text } = this.context;
      // The entry's own line is shown as the title, so the body begins after it.
      const line = /^[^\n]*\n?/.exec(entry.text)?.[0] ?? "";
      const body = entry.text.slice(line.length).trim();
      const title = h("h3", { class: "reader-title", dir: "auto" }, entry.question);
      const content = new Content(text);
      this.element.setAttribute("aria-label", entry.question);
      this.element.replaceChildren(
        ...[steps].filter((element) => element !== null),
        this.#head(entry),
        title,
        body ? content.element : h("p", { class: "note" }, text.noText),
        this.#foot(entry),
      );
      this.element.scrollTop = 0;
      await content.show(body);
      if (!span || span.start < entry.start || span.end > entry.end) return;
      const before = cut(entry.text, span.start - entry.start);
      const quote = cut(entry.text.slice(before.length), span.end - span.start);
      if (before.length + quote.length <= line.length) this.#reveal(mark(title));
      else await this.#mark(content, quote, before.slice(line.length));
    };
  }

  /** The page that a quote stands on; its text, where the file cannot be had or shown. */
  async #page(citation: Quotation, steps: HTMLElement | null): Promise<() => Promise<void>> {
    const { client, text } = this.context;
    const { document, heading_path, pages = [] } = citation;
    const [{ openPdf }, { PageView }, bytes] = await Promise.all([
      import("../pdf"),
      import("./page"),
      client.original(document),
    ]);
    const pdf = bytes && (await openPdf(bytes).catch(() => null));
    if (!pdf) return this.#passage(citation, steps, bytes ? text.pages.unreadable : text.pages.missing);
    return async () => {
      const title = heading_path.at(-1) ?? document;
      const asText = (): void => void this.#open(() => this.#passage(citation, steps)).then(() => this.element.focus());
      const view = new PageView(pdf, pages, text, asText);
      this.#pdf = pdf;
      this.element.setAttribute("aria-label", title);
      this.element.replaceChildren(
        ...[steps].filter((element) => element !== null),
        h("p", { class: "reader-path" }, document),
        h("h3", { class: "reader-title", dir: "auto" }, title),
        view.element,
      );
      await view.start();
    };
  }

  async #passage(citation: Quotation, steps: HTMLElement | null, note = ""): Promise<() => Promise<void>> {
    const { document, start, end, heading_path } = citation;
    const part = await this.context.client.around(document, start, end, MARGIN);
    return async () => {
      const content = new Content(this.context.text);
      const title = heading_path.at(-1) ?? document;
      this.element.setAttribute("aria-label", title);
      this.element.replaceChildren(
        ...[steps].filter((element) => element !== null),
        h("p", { class: "reader-path" }, document),
        h("h3", { class: "reader-title", dir: "auto" }, title),
        ...(note ? [h("p", { class: "note", "data-test": "page-missing" }, note)] : []),
        content.element,
      );
      await content.show(part.text);
      await this.#mark(content, citation.quote, cut(part.text, start - part.start));
    };
  }

  /** Mark a quote. The same words may stand there twice, so what stands before it counts. */
  async #mark(content: Content, quote: string, before: string): Promise<void> {
    const { render } = await loadMarkdown();
    this.#reveal(markQuote(content.element, render(dedent(quote)), lengthOf(render(before))));
  }

  #reveal(element: Element | null): void {
    if (!element) return;
    const view = this.element.getBoundingClientRect();
    const { top, height } = element.getBoundingClientRect();
    const margin = Math.max(40, (view.height - height) / 3);
    scrollWithin(this.element, this.element.scrollTop + top - view.top - margin);
  }

  #head(entry: EntryResponse): HTMLElement {
    const { text } = this.context;
    return h(
      "p",
      { class: "reader-path" },
      h("span", { dir: "auto" }, `${entry.section}. ${entry.section_title}`),
      h(
        "span",
        { class: "entry-meta" },
        h("span", { class: "entry-id" }, entry.id),
        stars(entry.stars, text),
        answeredMark(entry.answered, text),
      ),
    );
  }

  #foot(entry: EntryResponse): HTMLElement {
    const ask = h(
      "button",
      {
        class: "button primary",
        type: "button",
        "data-test": "reader-ask",
        onclick: () => this.context.ask(entry.question),
      },
      icon("ask"),
      this.context.text.askThis,
    );
    const { text, address } = this.context;
    const place = { kind: "entry", id: entry.id, document: entry.document, span: null } as const;
    const link = copyButton("reader-link", text.copyLink, text, () => address.link(place), "link");
    return h("div", { class: "reader-foot" }, ask, link);
  }

  /** The way through the citations of an answer. */
  #steps(citation: Quotation, all: readonly Quotation[]): HTMLElement | null {
    const at = all.findIndex(({ n }) => n === citation.n);
    if (at < 0 || all.length < 2) return null;
    const { text } = this.context;
    const step = (test: string, by: number): HTMLElement => {
      const to = all[at + by];
      const forward = by > 0;
      const button = tool(test, forward ? "forward" : "back", forward ? text.next : text.previous, () => {
        if (to) this.context.show(to, all);
      });
      button.disabled = !to;
      return button;
    };
    const place = fill(text.place, { n: at + 1, all: all.length });
    return h(
      "div",
      { class: "steps", role: "group", "aria-label": text.sources },
      step("citation-previous", -1),
      h("span", { "data-test": "citation-place" }, `[${citation.n}] ${place}`),
      step("citation-next", 1),
    );
  }
}

/** The first so many code points. */
function cut(text: string, length: number): string {
  return Array.from(text).slice(0, length).join("");
}

function mark(title: HTMLElement): HTMLElement {
  const marked = h("mark", {}, ...Array.from(title.childNodes));
  title.append(marked);
  return marked;
}

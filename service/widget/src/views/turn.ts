// One turn: the question, and what came of it.

import { withSources } from "../citations";
import { type Quotation, running, type Turn } from "../conversation";
import { dated } from "../dated";
import { fill, sayLacks, textFor } from "../text";
import { aloud } from "./aloud";
import { tool } from "./button";
import { Content } from "./content";
import type { Context } from "./context";
import { copyButton } from "./copy";
import { type Child, h } from "./dom";
import { entryRow } from "./entry";
import { failureNote } from "./failure-note";
import { Feedback } from "./feedback";
import { type IconName, icon } from "./icons";
import { Roving } from "./roving";

const STATUS_ICONS = {
  listed_unanswered: "pending",
  not_in_documents: "empty",
  declined: "hand",
} as const satisfies Record<string, IconName>;
const SLOW_MS = 8000;
const FOLLOW_UPS = 3;

export class TurnView {
  readonly element: HTMLLIElement;
  readonly #content: Content;
  readonly #feedback: Feedback;
  readonly #head = h("div", { class: "answer-head" });
  readonly #foot = h("div", { class: "answer-foot" });
  readonly #article: HTMLElement;
  readonly #stops: Roving[];
  #slow = 0;
  #shown: Turn | null = null;

  constructor(
    turn: Turn,
    private readonly context: Context,
  ) {
    const { text } = context;
    const question = turn.question || text.sharedAnswer;
    this.#content = new Content(text, "answer");
    this.#feedback = new Feedback(context);
    this.#article = h(
      "div",
      { class: "answer", part: "answer", "data-test": "message", "data-role": "assistant" },
      this.#head,
      this.#content.element,
      this.#foot,
    );
    this.element = h(
      "li",
      { class: "turn", "data-id": turn.id },
      h(
        "div",
        { class: "question", part: "question", "data-test": "message", "data-role": "user" },
        !turn.shared && tool("edit", "edit", text.edit, () => context.edit(turn.id)),
        h("h3", { "aria-label": fill(text.you, { question }), dir: "auto" }, question),
      ),
      this.#article,
    );
    this.#stops = [
      new Roving(this.#article, ".content .cite, .content .copy, .carried .tool"),
      new Roving(this.#foot, ".source, .follow-up, .entry-open, .entry .tool"),
      new Roving(this.#foot, ".tools .tool"),
    ];
  }

  /** Show everything but the answer's Markdown, which waits until the turn comes near. */
  update(turn: Turn): void {
    const before = this.#shown;
    this.#shown = turn;
    this.#article.dataset.phase = turn.phase;
    this.#article.dataset.status = turn.status ?? "";
    this.#article.setAttribute("aria-busy", String(running(turn)));
    this.#feedback.update(turn);
    const settled =
      before && before.phase === turn.phase && before.status === turn.status && before.failure === turn.failure;
    if (settled) return;
    this.#head.replaceChildren(...this.#headOf(turn));
    this.#foot.replaceChildren(...this.#footOf(turn));
    for (const stops of this.#stops) stops.refresh();
  }

  /** Render the answer; resolves with its words, as they are to be spoken, when all of it is in place. */
  async render(turn: Turn): Promise<string> {
    await this.#content.show(turn.text, turn.citations);
    this.#stops[0]?.refresh();
    return this.#words();
  }

  #words(): string {
    const words = this.#content.element.cloneNode(true) as HTMLElement;
    for (const element of words.querySelectorAll(".cite, [data-chrome], annotation")) element.remove();
    for (const block of words.querySelectorAll("p, li, h4, tr, pre")) block.append("\n");
    return words.textContent;
  }

  /** Until it is rendered, the answer stands there as plain text of about the same height. */
  plain(turn: Turn): void {
    this.#content.element.replaceChildren(h("p", { class: "raw", dir: "auto" }, turn.text));
  }

  dispose(): void {
    clearTimeout(this.#slow);
  }

  #headOf(turn: Turn): Node[] {
    clearTimeout(this.#slow);
    if (turn.phase === "waiting") return [this.#thinking()];
    const parts = [turn.shared && this.#origin(turn.shared), this.#carried(turn), this.#status(turn)];
    return parts.filter((part) => part !== null);
  }

  #status(turn: Turn): HTMLElement | null {
    if (!turn.status || turn.status === "answered") return null;
    // A heading is in the language of the answer below it, which is the service's own here.
    const words = textFor(turn.text, this.context.text).status[turn.status];
    const attributes = { class: "status", "data-test": `status-${turn.status}` };
    return h("p", attributes, icon(STATUS_ICONS[turn.status]), words);
  }

  /** Where a shared answer is from. */
  #origin({ created, version }: NonNullable<Turn["shared"]>): HTMLElement {
    const { text, client } = this.context;
    const date = dated(created, text.lang, { dateStyle: "medium", timeStyle: "short" });
    const words = h("span", {}, fill(text.sharedFrom, { date, version }));
    const now = client.first().catch(() => null);
    void now.then((first) => first && first.index_version !== version && words.append(" ", text.sharedOld));
    return h("p", { class: "degraded", "data-test": "shared" }, icon("link"), words);
  }

  /** What a follow-up was searched with beside its own words, until the reader takes it away. */
  #carried(turn: Turn): HTMLElement | null {
    const question = turn.carried[0]?.replace(/\s+/g, " ");
    if (!question || turn.phase !== "done") return null;
    const { text } = this.context;
    const away = tool("carried-remove", "close", fill(text.askAlone, { question }), () =>
      this.context.retry(turn.id, true),
    );
    const words = h("span", { dir: "auto" }, fill(text.carried, { question }));
    return h("p", { class: "carried", "data-test": "carried" }, words, !turn.shared && away);
  }

  #thinking(): HTMLElement {
    const { text } = this.context;
    const words = h("span", {}, text.thinking);
    this.#slow = window.setTimeout(() => {
      words.textContent = text.slow;
      this.context.announce(text.slow);
    }, SLOW_MS);
    return h(
      "p",
      { class: "thinking", "data-test": "thinking" },
      h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      words,
    );
  }

  #footOf(turn: Turn): Node[] {
    if (running(turn)) return [];
    const { text } = this.context;
    const parts: Child[] = [
      turn.status !== "answered" && this.#related(turn),
      turn.status === "not_in_documents" && this.#tip(),
      turn.citations.length > 0 && turn.status === "answered" && this.#sources(turn),
      this.#lacks(turn),
      turn.phase === "stopped" &&
        h("p", { class: "note", "data-test": "stopped" }, turn.text ? text.stopped : text.stoppedEmpty),
      turn.failure && failureNote(turn.failure, text, () => this.#retry(turn)),
      !turn.failure && this.#tools(turn),
      this.#feedback.below,
      turn.status === "answered" && this.#followUps(turn),
    ];
    return parts.filter((part): part is Node => part instanceof Node);
  }

  #tip(): HTMLElement {
    const { text } = this.context;
    const browse = h(
      "button",
      { class: "button", type: "button", onclick: () => this.context.browse() },
      icon("list"),
      text.browse,
    );
    return h("div", { class: "tip" }, h("p", {}, text.notInDocumentsTip), browse);
  }

  #lacks(turn: Turn): HTMLElement | null {
    const terms = turn.terms.map(({ term, other }) => `${term} = ${other}`).join("; ");
    const lacks = [sayLacks(turn.lacks, this.context.text), terms].filter(Boolean).join(" ");
    return lacks ? h("p", { class: "degraded", "data-test": "degraded" }, icon("info"), h("span", {}, lacks)) : null;
  }

  /** Where there is no answer: entries near to it, those with an answer first. */
  #related({ related, status }: Turn): HTMLElement | null {
    if (!related.length) return null;
    const { text } = this.context;
    const rows = related
      .toSorted((a, b) => Number(b.answered) - Number(a.answered))
      .map((entry) => entryRow({ ...entry, id: entry.entry_id }, this.context, "related"));
    return h(
      "div",
      { class: "related" },
      h("h4", {}, status === "not_in_documents" ? text.nearest : text.related),
      h("ul", { class: "entries" }, ...rows),
    );
  }

  /** After an answer: what to ask next, each a click. */
  #followUps(turn: Turn): HTMLElement | null {
    const near = turn.related.filter((entry) => entry.answered).map(({ question }) => question);
    // One of its own points at least, where it has any.
    const own = turn.further.slice(0, Math.max(1, FOLLOW_UPS - near.length));
    const questions = [...own, ...near].slice(0, FOLLOW_UPS);
    if (!questions.length) return null;
    const buttons = questions.map((question) =>
      h(
        "li",
        {},
        h(
          "button",
          { class: "follow-up", type: "button", "data-test": "follow-up", onclick: () => this.context.ask(question) },
          icon("ask"),
          h("span", { dir: "auto" }, question),
        ),
      ),
    );
    return h("div", { class: "follow-ups" }, h("h4", {}, this.context.text.followUps), h("ul", {}, ...buttons));
  }

  /** The entries that the answer was taken from, each once. */
  #sources(turn: Turn): HTMLElement {
    const entries = new Map<string, Quotation>();
    for (const citation of turn.citations) {
      const key = [citation.document, citation.entry_id ?? citation.heading_path].join();
      if (!entries.has(key)) entries.set(key, citation);
    }
    const buttons = Array.from(entries.values(), (citation) =>
      h(
        "li",
        {},
        h(
          "button",
          { class: "source", type: "button", onclick: () => this.context.show(citation, turn.citations) },
          h("span", { class: "entry-id" }, citation.entry_id ?? ""),
          h(
            "span",
            { class: "source-title", dir: "auto" },
            citation.heading_path[1] ?? citation.heading_path[0] ?? citation.document,
          ),
        ),
      ),
    );
    return h("div", { class: "sources" }, h("h4", {}, this.context.text.sources), h("ul", {}, ...buttons));
  }

  #tools(turn: Turn): HTMLElement {
    const { text } = this.context;
    const copy = copyButton("copy-answer", text.copyAnswer, text, () => withSources(turn.text, turn.citations));
    const retry = tool("retry", "retry", text.again, () => this.#retry(turn));
    retry.classList.add("retry");
    const place = { kind: "answer", id: turn.answerId } as const;
    const link = copyButton("answer-link", text.copyAnswerLink, text, () => this.context.address.link(place), "link");
    const done = turn.phase === "done";
    const own = done && !turn.shared;
    return h(
      "div",
      { class: "tools", role: "toolbar", "aria-label": text.tools },
      turn.text ? copy : null,
      !turn.shared && retry,
      ...(own ? this.#feedback.buttons : []),
      done && link,
      turn.text ? aloud(this.context, () => this.#words()) : null,
    );
  }

  #retry(turn: Turn): void {
    this.context.retry(turn.id);
  }
}

// One turn: the question, and what came of it.

import { withSources } from "../citations";
import { type Quotation, running, type Turn } from "../conversation";
import { sayFailure } from "../text";
import { Content } from "./content";
import type { Context } from "./context";
import { copyButton } from "./copy";
import { type Child, h } from "./dom";
import { entryRow } from "./entry";
import { Feedback } from "./feedback";
import { type IconName, icon } from "./icons";

const STATUS_ICONS = {
  listed_unanswered: "pending",
  not_in_documents: "empty",
  declined: "hand",
} as const satisfies Record<string, IconName>;

export class TurnView {
  readonly element: HTMLLIElement;
  readonly #content: Content;
  readonly #feedback: Feedback;
  readonly #head = h("div", { class: "answer-head" });
  readonly #foot = h("div", { class: "answer-foot" });
  readonly #article: HTMLElement;
  #countdown = 0;
  #shown: Turn | null = null;

  constructor(
    turn: Turn,
    private readonly context: Context,
  ) {
    const { text } = context;
    this.#content = new Content(text, "answer");
    this.#feedback = new Feedback(context);
    this.#article = h(
      "div",
      { class: "answer", "data-test": "message", "data-role": "assistant" },
      h("h3", { class: "sr-only" }, text.answer),
      this.#head,
      this.#content.element,
      this.#foot,
    );
    this.element = h(
      "li",
      { class: "turn", "data-id": turn.id },
      h(
        "div",
        { class: "question", "data-test": "message", "data-role": "user" },
        h("h3", { class: "sr-only" }, text.you),
        h("p", { dir: "auto" }, turn.question),
      ),
      this.#article,
    );
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
  }

  /** Render the answer; resolves with its words, as they are to be spoken, when all of it is in place. */
  async render(turn: Turn): Promise<string> {
    await this.#content.show(turn.text, turn.citations);
    const spoken = this.#content.element.cloneNode(true) as HTMLElement;
    for (const element of spoken.querySelectorAll(".cite, [data-chrome], annotation")) element.remove();
    return spoken.textContent;
  }

  /** Until it is rendered, the answer stands there as plain text of about the same height. */
  plain(turn: Turn): void {
    this.#content.element.replaceChildren(h("p", { class: "raw", dir: "auto" }, turn.text));
  }

  dispose(): void {
    clearInterval(this.#countdown);
  }

  #headOf(turn: Turn): Node[] {
    const { text } = this.context;
    if (turn.phase === "waiting") {
      return [
        h(
          "p",
          { class: "thinking" },
          h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
          text.thinking,
        ),
      ];
    }
    if (!turn.status || turn.status === "answered") return [];
    return [
      h(
        "p",
        { class: "status", "data-test": `status-${turn.status}` },
        icon(STATUS_ICONS[turn.status]),
        text.status[turn.status],
      ),
    ];
  }

  #footOf(turn: Turn): Node[] {
    clearInterval(this.#countdown);
    if (running(turn)) return [];
    const { text } = this.context;
    const parts: Child[] = [
      turn.status === "not_in_documents" && this.#tip(),
      turn.status !== "answered" && this.#related(turn),
      turn.citations.length > 0 && turn.status === "answered" && this.#sources(turn),
      turn.degraded &&
        h("p", { class: "degraded", "data-test": "degraded" }, icon("info"), h("span", {}, turn.degraded)),
      turn.phase === "stopped" &&
        h("p", { class: "note", "data-test": "stopped" }, turn.text ? text.stopped : text.stoppedEmpty),
      turn.failure && this.#error(turn),
      !turn.failure && this.#tools(turn),
      this.#feedback.below,
      turn.status === "answered" && this.#related(turn),
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

  #related(turn: Turn): HTMLElement | null {
    if (!turn.related.length) return null;
    const rows = turn.related.map((entry) => entryRow({ ...entry, id: entry.entry_id }, this.context, "related"));
    return h(
      "div",
      { class: "related" },
      h("h4", {}, this.context.text.related),
      h("ul", { class: "entries" }, ...rows),
    );
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
          { class: "source", type: "button", onclick: () => this.context.show(citation) },
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
    const retry = h(
      "button",
      {
        class: "tool retry",
        type: "button",
        "data-test": "retry",
        "aria-label": text.again,
        title: text.again,
        onclick: () => this.#retry(turn),
      },
      icon("retry"),
    );
    const thumbs = turn.phase === "done" ? this.#feedback.buttons : [];
    return h("div", { class: "tools" }, turn.text ? copy : null, retry, ...thumbs);
  }

  #retry(turn: Turn): void {
    this.context.retry(turn.id);
  }

  #error(turn: Turn): HTMLElement {
    const { text } = this.context;
    const failure = turn.failure as NonNullable<Turn["failure"]>;
    const retry = h(
      "button",
      { class: "button", type: "button", "data-test": "retry", onclick: () => this.#retry(turn) },
      icon("retry"),
      h("span", {}, text.retry),
    );
    if (failure.kind === "busy") this.#wait(retry, failure.retryAfter);
    const message = h("p", {}, sayFailure(failure, text));
    return h(
      "div",
      { class: "error", "data-test": "error", "data-kind": failure.kind },
      icon("warning"),
      h("div", {}, message, failure.kind !== "forbidden" && retry),
    );
  }

  /** Hold the button back for as long as the service asked. */
  #wait(button: HTMLButtonElement, seconds: number): void {
    const label = button.lastElementChild as HTMLElement;
    const until = Date.now() + seconds * 1000;
    const tick = (): void => {
      const left = Math.ceil((until - Date.now()) / 1000);
      button.disabled = left > 0;
      label.textContent = left > 0 ? this.context.text.retryIn(left) : this.context.text.retry;
      if (left <= 0) clearInterval(this.#countdown);
    };
    tick();
    this.#countdown = window.setInterval(tick, 250);
  }
}

// Where the question is written.

import type { Turn } from "../conversation";
import { fill } from "../text";
import { tool } from "./button";
import type { Context } from "./context";
import { dictation } from "./dictation";
import { composing, h } from "./dom";
import { icon } from "./icons";

const MAX_CHARACTERS = 2000;
const COUNT_FROM = 1800;

export class Composer {
  readonly element: HTMLElement;
  readonly #area: HTMLTextAreaElement;
  readonly #dictate: HTMLButtonElement | null;
  readonly #send: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #count = h("span", { class: "count", id: "count", "data-test": "count" });
  readonly #editing: HTMLElement;
  #edited = "";

  constructor(
    private readonly context: Context,
    jump: HTMLElement,
    disclaimer: string,
    private readonly expect: () => void,
  ) {
    const { text } = context;
    this.#area = h("textarea", {
      rows: 1,
      "data-test": "composer",
      "aria-label": text.question,
      "aria-describedby": "count",
      placeholder: text.placeholder,
      enterkeyhint: "send",
      dir: "auto",
      oninput: () => this.#changed(),
      onkeydown: (event: KeyboardEvent) => this.#key(event),
    });
    this.#dictate = dictation(this.#area, context, () => this.#changed());
    this.#send = tool("send", "send", text.send, () => this.#submit());
    this.#stop = tool("stop", "stop", text.stop, () => this.context.session.stop());
    this.#send.className = "send";
    this.#stop.className = "send stop";
    this.#send.disabled = this.#stop.hidden = true;
    this.#editing = h(
      "p",
      { class: "editing", hidden: true, "data-test": "editing" },
      icon("edit"),
      h("span", {}, text.editing),
      tool("edit-cancel", "close", text.cancel, () => {
        this.editing = "";
      }),
    );
    const box = h("div", { class: "composer-box" }, this.#area, jump, this.#dictate, this.#send, this.#stop);
    // A click anywhere in the box is meant for the text.
    box.addEventListener("click", (event) => event.target === box && this.focus());
    this.element = h(
      "div",
      { class: "composer", part: "composer" },
      this.#editing,
      box,
      h("p", { class: "hint" }, h("span", {}, text.hint), this.#count),
      disclaimer && h("p", { class: "disclaimer", "data-test": "disclaimer" }, disclaimer),
    );
  }

  get draft(): string {
    return this.#area.value;
  }

  set draft(value: string) {
    this.#area.value = value;
    this.#changed();
  }

  /** The turn whose question is being changed. */
  get editing(): string {
    return this.#edited;
  }

  set editing(id: string) {
    if (this.#edited && !id) this.draft = "";
    this.#edited = id;
    this.#editing.hidden = !id;
    if (!id) this.focus();
  }

  edit({ id, question }: Turn): void {
    this.editing = id;
    this.draft = question;
    this.focus();
    this.#area.setSelectionRange(question.length, question.length);
  }

  /** Take up what was written in the conversation that is there now. */
  take(): void {
    this.#edited = "";
    this.#editing.hidden = true;
    this.draft = this.context.session.memory.draft(this.#place);
  }

  focus(): void {
    this.#area.focus();
  }

  /** Show the stop button while an answer comes; focus stays on whichever button was pressed. */
  busy(busy: boolean): void {
    const root = this.element.getRootNode() as ShadowRoot;
    const held = root.activeElement === this.#send || root.activeElement === this.#stop;
    this.#send.hidden = busy;
    this.#stop.hidden = !busy;
    if (held) (busy ? this.#stop : this.#area).focus();
  }

  get #place(): string {
    const { session } = this.context;
    return session.turns.length ? session.id : "new";
  }

  #key(event: KeyboardEvent): void {
    if (composing(event)) return;
    if (event.key === "ArrowUp" && !this.#area.value) return void this.#last(event);
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.#submit();
  }

  #last(event: KeyboardEvent): void {
    const turn = this.context.session.turns.at(-1);
    if (!turn || this.context.session.busy) return;
    event.preventDefault();
    this.edit(turn);
  }

  #submit(): void {
    const question = this.#area.value.trim();
    const { session } = this.context;
    if (!question || question.length > MAX_CHARACTERS || session.busy) return;
    const edited = this.#edited;
    this.draft = "";
    if (edited) {
      this.editing = "";
      void session.branch(edited, question);
    } else this.context.ask(question);
  }

  #changed(): void {
    const { value } = this.#area;
    const { text, session } = this.context;
    const { length } = value.trim();
    const over = length - MAX_CHARACTERS;
    const counts = { n: length, most: MAX_CHARACTERS, over };
    this.#send.disabled = !length || over > 0;
    this.#count.textContent =
      over > 0 ? fill(text.tooLong, counts) : length >= COUNT_FROM ? fill(text.count, counts) : "";
    this.#area.setAttribute("aria-invalid", String(over > 0));
    if (!this.#edited) session.memory.keepDraft(this.#place, value);
    if (value) this.expect();
    if (CSS.supports("field-sizing", "content")) return;
    this.#area.style.setProperty("height", "auto");
    this.#area.style.setProperty("height", `${this.#area.scrollHeight}px`);
  }
}

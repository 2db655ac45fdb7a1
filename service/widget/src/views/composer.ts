// Where the question is written.

import type { Context } from "./context";
import { composing, h } from "./dom";
import { icon } from "./icons";

const MAX_CHARACTERS = 2000;
const COUNT_FROM = 1800;

export class Composer {
  readonly element: HTMLElement;
  readonly #area: HTMLTextAreaElement;
  readonly #send: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #count = h("span", { class: "count" });

  constructor(private readonly context: Context) {
    const { text } = context;
    this.#area = h("textarea", {
      rows: 1,
      maxlength: MAX_CHARACTERS,
      "data-test": "composer",
      "aria-label": text.question,
      placeholder: text.placeholder,
      enterkeyhint: "send",
      dir: "auto",
      oninput: () => this.#changed(),
      onkeydown: (event: KeyboardEvent) => this.#key(event),
    });
    this.#send = h(
      "button",
      {
        class: "send",
        type: "button",
        "data-test": "send",
        "aria-label": text.send,
        title: text.send,
        disabled: true,
        onclick: () => this.#submit(),
      },
      icon("send"),
    );
    this.#stop = h(
      "button",
      {
        class: "send stop",
        type: "button",
        "data-test": "stop",
        "aria-label": text.stop,
        title: text.stop,
        hidden: true,
        onclick: () => this.#halt(),
      },
      icon("stop"),
    );
    const box = h("div", { class: "composer-box" }, this.#area, this.#send, this.#stop);
    // A click anywhere in the box is meant for the text.
    box.addEventListener("click", (event) => event.target === box && this.focus());
    this.element = h(
      "div",
      { class: "composer" },
      box,
      h("p", { class: "hint" }, h("span", {}, text.hint), this.#count),
    );
  }

  get draft(): string {
    return this.#area.value;
  }

  set draft(value: string) {
    this.#area.value = value;
    this.#changed();
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

  #halt(): void {
    this.context.session.stop();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
    event.preventDefault();
    this.#submit();
  }

  #submit(): void {
    const question = this.#area.value.trim();
    if (!question || this.context.session.busy) return;
    this.draft = "";
    this.context.ask(question);
  }

  #changed(): void {
    const { value } = this.#area;
    this.#send.disabled = !value.trim();
    this.#count.textContent = value.length >= COUNT_FROM ? this.context.text.count(value.length, MAX_CHARACTERS) : "";
    if (CSS.supports("field-sizing", "content")) return;
    this.#area.style.setProperty("height", "auto");
    this.#area.style.setProperty("height", `${this.#area.scrollHeight}px`);
  }
}

// The pane beside the conversation: the outline, or one entry of it. In a narrow widget it covers the conversation.

import type { Quotation } from "../conversation";
import type { EntryKey } from "../outline";
import type { Context } from "./context";
import { h } from "./dom";
import { icon } from "./icons";
import { OutlineView } from "./outline";
import { Reader } from "./reader";

export class Aside {
  readonly element: HTMLElement;
  readonly #outline: OutlineView;
  readonly #reader: Reader;
  readonly #back: HTMLButtonElement;
  #fromOutline = false;

  constructor(
    context: Context,
    private readonly close: () => void,
  ) {
    const { text } = context;
    this.#outline = new OutlineView(context);
    this.#reader = new Reader(context);
    this.#back = h(
      "button",
      {
        class: "tool",
        type: "button",
        "data-test": "reader-back",
        "aria-label": text.back,
        title: text.back,
        onclick: () => this.back(),
      },
      icon("back"),
    );
    const done = h(
      "button",
      {
        class: "tool",
        type: "button",
        "data-test": "outline-close",
        "aria-label": text.closeOutline,
        title: text.closeOutline,
        onclick: close,
      },
      icon("close"),
    );
    this.element = h(
      "aside",
      { class: "aside", "aria-label": text.outline, hidden: true },
      h("div", { class: "aside-head" }, this.#back, h("h2", {}, text.outline), done),
      this.#outline.element,
      this.#reader.element,
    );
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  /** One step back: from an entry to the outline it was chosen in, otherwise to the conversation. */
  back(): void {
    if (this.#reading && (this.#fromOutline || !this.element.closest(".narrow"))) this.browse();
    else this.close();
  }

  /** What Esc does: an entry opened from an answer closes to it at once. */
  escape(): void {
    if (this.#reading && this.#fromOutline) this.browse();
    else this.close();
  }

  browse(): void {
    this.#turn(false);
    this.#fromOutline = true;
    void this.#outline.load();
    this.#outline.focus();
  }

  read(entry: EntryKey): void {
    this.#turn(true);
    void this.#reader.read(entry);
  }

  show(citation: Quotation): void {
    this.#turn(true);
    void this.#reader.show(citation);
  }

  get #reading(): boolean {
    return !this.#reader.element.hidden;
  }

  #turn(reading: boolean): void {
    if (!this.open) this.#fromOutline = false;
    this.element.hidden = false;
    this.element.classList.toggle("reading", reading);
    this.#reader.element.hidden = !reading;
    this.#outline.element.inert = reading;
    if (reading) this.#reader.element.focus();
  }
}

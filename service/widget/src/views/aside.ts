// The pane beside the conversation: the outline, or one entry of it. In a narrow widget it covers the conversation.

import type { Place } from "../address";
import type { Quotation } from "../conversation";
import type { EntryKey } from "../outline";
import { tool } from "./button";
import type { Context } from "./context";
import { h } from "./dom";
import { OutlineView } from "./outline";
import { Reader } from "./reader";

export class Aside {
  readonly element: HTMLElement;
  readonly #outline: OutlineView;
  readonly #reader: Reader;
  readonly #back: HTMLButtonElement;
  #fromOutline = false;

  constructor(
    private readonly context: Context,
    private readonly close: () => void,
  ) {
    const { text } = context;
    this.#outline = new OutlineView(context);
    this.#reader = new Reader(context);
    this.#back = tool("reader-back", "back", text.back, () => this.back());
    const done = tool("outline-close", "close", text.closeOutline, close);
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
    if (this.#reading && (this.#fromOutline || !this.element.closest(".narrow"))) this.context.browse();
    else this.close();
  }

  /** What Esc does: an entry opened from an answer closes to it at once. */
  escape(): void {
    if (this.#reading && this.#fromOutline) this.context.browse();
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

  show(citation: Quotation, all: readonly Quotation[]): void {
    this.#turn(true);
    void this.#reader.show(citation, all);
  }

  /** What an address names: an entry, and the passage in it to mark. */
  visit({ id, document, span }: Place & { kind: "entry" }): void {
    this.#turn(true);
    void this.#reader.visit({ id, document: document || undefined }, span);
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

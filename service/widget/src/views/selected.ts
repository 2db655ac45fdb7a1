// A button beside a text that was selected in an answer or in the outline: ask about it.

import { fill } from "../text";
import type { Context } from "./context";
import { h } from "./dom";
import { icon } from "./icons";

const LEAST = 2;
const MOST = 300;

type Selecting = ShadowRoot & { getSelection?: () => Selection | null };

export class Selected {
  readonly element: HTMLButtonElement;
  #text = "";

  constructor(
    private readonly frame: HTMLElement,
    private readonly context: Context,
  ) {
    this.element = h(
      "button",
      {
        class: "button selected",
        type: "button",
        hidden: true,
        "data-test": "ask-selection",
        onclick: () => this.#ask(),
      },
      icon("ask"),
      context.text.askSelection,
    );
    frame.addEventListener("pointerdown", (event) => {
      if (event.target !== this.element) this.element.hidden = true;
    });
  }

  /** Look at what is selected now. */
  look(): void {
    const root = this.frame.getRootNode() as Selecting;
    const selection = root.getSelection?.() ?? getSelection();
    const range = selection?.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
    const within = range?.commonAncestorContainer;
    const place = within instanceof Element ? within : within?.parentElement;
    this.#text = place?.closest(".content, .reader") ? (selection?.toString().replace(/\s+/g, " ").trim() ?? "") : "";
    this.element.hidden = this.#text.length < LEAST || this.#text.length > MOST;
    if (this.element.hidden || !range) return;
    const frame = this.frame.getBoundingClientRect();
    const box = range.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = Math.min(Math.max(8, box.left - frame.left), frame.width - width - 8);
    const above = box.top - frame.top - height - 6;
    this.element.style.setProperty("--left", `${left}px`);
    this.element.style.setProperty("--top", `${above > 8 ? above : box.bottom - frame.top + 6}px`);
  }

  #ask(): void {
    this.element.hidden = true;
    this.context.write(fill(this.context.text.aboutSelection, { text: this.#text }));
  }
}

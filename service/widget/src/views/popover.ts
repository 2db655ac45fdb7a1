// What a citation mark stands for: the quote, the words around it, and the way into the outline. Loaded with the first answer.

import { computePosition, flip, offset, shift, size } from "@floating-ui/dom";
import type { EntryResponse } from "../contract";
import type { Quotation } from "../conversation";
import { dedent } from "../quote";
import { fill } from "../text";
import { tool } from "./button";
import { Content } from "./content";
import type { Context } from "./context";
import { copyButton } from "./copy";
import { focusable, h } from "./dom";
import { icon } from "./icons";
import { stars } from "./stars";

const OPEN_MS = 120;
const CLOSE_MS = 240;
const GAP = 8;
const EDGE = 12;
// Code points of context.
const AROUND = 160;
const LEAST = 120;

export class Popover {
  readonly element: HTMLElement;
  #chip: HTMLElement | null = null;
  #turn = "";
  #pinned = false;
  #timer = 0;
  #quiet = false;

  /** `frame` holds the chips and is what the popover is placed within. */
  constructor(
    private readonly frame: HTMLElement,
    private readonly context: Context,
  ) {
    this.element = h("div", { class: "popover", role: "dialog", tabindex: -1, hidden: true, "data-test": "popover" });
    frame.addEventListener("pointerover", (event) => this.#hover(event, true));
    frame.addEventListener("pointerout", (event) => this.#hover(event, false));
    frame.addEventListener("focusin", (event) => this.#focus(event));
    frame.addEventListener("focusout", (event) => this.#blur(event));
    frame.addEventListener("pointerdown", (event) => this.#outside(event));
    frame.addEventListener("scroll", () => this.#place(), { capture: true, passive: true });
    this.element.addEventListener("keydown", (event) => this.#tab(event));
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  close(refocus = false): void {
    clearTimeout(this.#timer);
    const chip = this.#chip;
    this.element.hidden = true;
    this.#chip = null;
    this.#pinned = false;
    chip?.setAttribute("aria-expanded", "false");
    this.context.address.uncover();
    if (refocus && chip?.isConnected) this.refocus(chip);
  }

  /** Give the focus back to a mark, which would otherwise open the popover again. */
  refocus(element: HTMLElement): void {
    this.#quiet = true;
    element.focus();
    this.#quiet = false;
  }

  #hover(event: PointerEvent, entered: boolean): void {
    if (event.pointerType !== "mouse" || this.#pinned) return;
    const target = event.target as Element;
    const chip = target.closest<HTMLElement>(".cite");
    if (!chip && !this.element.contains(target)) return;
    clearTimeout(this.#timer);
    if (!entered) this.#timer = window.setTimeout(() => this.close(), CLOSE_MS);
    else if (chip && chip !== this.#chip) this.#timer = window.setTimeout(() => this.#show(chip), OPEN_MS);
  }

  #focus(event: FocusEvent): void {
    const chip = (event.target as Element).closest<HTMLElement>(".cite");
    if (chip?.matches(":focus-visible") && !this.#quiet && chip !== this.#chip) this.#show(chip);
  }

  #blur(event: FocusEvent): void {
    const to = event.relatedTarget as Node | null;
    const left = event.target === this.#chip || this.element.contains(event.target as Node);
    if (this.open && left && to && to !== this.#chip && !this.element.contains(to)) this.close();
  }

  /** Open the card of the mark that was pressed, or close it. */
  press(chip: HTMLElement, byKey: boolean): void {
    if (chip === this.#chip && this.#pinned) {
      this.close(true);
      return;
    }
    if (chip !== this.#chip) this.#show(chip);
    this.#pinned = this.open;
    // A sheet is left as any page of a phone is.
    if (this.open && this.frame.classList.contains("slim")) this.context.address.cover(() => this.close(true));
    // Pressed with a key, the popover takes the focus; Esc gives it back.
    if (byKey) this.element.focus();
  }

  #outside(event: PointerEvent): void {
    const target = event.target as Element;
    if (this.open && !this.element.contains(target) && !target.closest(".cite")) this.close();
  }

  /** Tab leaves the popover for the mark it belongs to. */
  #tab(event: KeyboardEvent): void {
    if (event.key !== "Tab") return;
    const reach = focusable(this.element);
    const active = (this.element.getRootNode() as ShadowRoot).activeElement;
    const leaving = event.shiftKey ? active === reach[0] || active === this.element : active === reach.at(-1);
    if (!leaving && reach.length) return;
    event.preventDefault();
    this.close(true);
  }

  #show(chip: HTMLElement): void {
    const id = chip.closest<HTMLElement>(".turn")?.dataset.id ?? "";
    const turn = this.context.session.turn(id);
    const citation = turn?.citations.find((one) => one.n === Number(chip.dataset.n));
    if (!citation) return;
    this.close();
    this.#chip = chip;
    this.#turn = id;
    chip.setAttribute("aria-expanded", "true");
    this.#fill(citation);
    const { n, document, entry_id: entry } = citation;
    this.context.signal("citation", { n, document, entry });
    this.element.hidden = false;
    this.#place();
    this.#uncover();
  }

  #fill(citation: Quotation): void {
    const { text } = this.context;
    const path = citation.heading_path.length ? citation.heading_path : [citation.document];
    const crumbs = h("ol", { class: "crumbs" }, ...path.map((heading) => h("li", { dir: "auto" }, heading)));
    const rating = h("span", { class: "popover-stars" });
    const close = tool("popover-close", "close", text.closeCitation, () => this.close(true));
    const link = copyButton("popover-link", text.copyLink, text, () => this.#link(citation), "link");
    const name = fill(text.citation, { n: citation.n });
    const title = h("span", { class: "popover-title" }, name);
    const head = h("div", { class: "popover-head" }, title, rating, link, close);
    const quote = new Content(text);
    const before = h("p", { class: "around", dir: "auto", hidden: true });
    const after = h("p", { class: "around", dir: "auto", hidden: true });
    const passage = h(
      "div",
      { class: "passage", tabindex: 0, role: "group", "aria-label": text.passage },
      before,
      h("blockquote", { class: "quote" }, quote.element),
      after,
    );
    const open = h(
      "button",
      {
        class: "button primary",
        type: "button",
        "data-test": "open-in-outline",
        onclick: () => this.context.show(citation, this.context.session.turn(this.#turn)?.citations),
      },
      citation.pages?.[0] ? fill(text.openPage, { n: citation.pages[0].page }) : text.openInOutline,
      icon("arrow"),
    );
    this.element.setAttribute("aria-label", name);
    this.element.replaceChildren(head, crumbs, passage, h("div", { class: "popover-foot" }, open));
    void quote.show(dedent(citation.quote)).then(() => this.#place());
    void this.#addContext(citation, rating, before, after);
  }

  #link({ entry_id: id, document, start, end }: Quotation): string {
    return this.context.address.link(id ? { kind: "entry", id, document, span: { start, end } } : { kind: "outline" });
  }

  async #addContext(citation: Quotation, rating: HTMLElement, before: HTMLElement, after: HTMLElement): Promise<void> {
    const { entry_id: id, document, start, end, quote } = citation;
    const { client, text } = this.context;
    try {
      // The words around stay within the quote's own entry.
      const entry = id ? await client.entry({ id, document }) : null;
      if (entry) rating.replaceChildren(stars(entry.stars, text));
      const around = wordsAround(
        entry ? withoutLine(entry) : await client.around(document, start, end, AROUND),
        start,
        end,
        quote,
      );
      if (!around) return;
      before.textContent = around.before;
      after.textContent = around.after;
    } catch {
      after.textContent = text.contextMissing;
    }
    before.hidden = !before.textContent;
    after.hidden = !after.textContent;
    this.#place();
    this.#uncover();
    // The quote is what was asked for; the words before it are a scroll away.
    const passage = before.parentElement;
    if (passage) passage.scrollTop = Math.max(0, before.offsetHeight - 40);
  }

  /** While an answer streams its marks are drawn anew; the popover goes over to the one that took the place of its own. */
  #standing(chip: HTMLElement): HTMLElement {
    if (chip.isConnected) return chip;
    const turn = CSS.escape(this.#turn);
    const next = this.frame.querySelector<HTMLElement>(`[data-id="${turn}"] .cite[data-n="${chip.dataset.n}"]`);
    next?.setAttribute("aria-expanded", "true");
    return next ?? chip;
  }

  /** A sheet from below must not lie over the mark it belongs to. */
  #uncover(): void {
    const scroller = this.#chip?.closest(".thread");
    // Measured by its height: the sheet may still be on its way up.
    const top = this.frame.getBoundingClientRect().bottom - this.element.offsetHeight;
    const over = (this.#chip?.getBoundingClientRect().bottom ?? 0) + GAP - top;
    if (this.frame.classList.contains("slim") && scroller && over > 0) scroller.scrollTop += over;
  }

  #place(): void {
    if (!this.open || !this.#chip) return;
    this.#chip = this.#standing(this.#chip);
    const frame = this.frame.getBoundingClientRect();
    const chip = this.#chip.getBoundingClientRect();
    if (chip.bottom < frame.top || chip.top > frame.bottom) return void (this.#pinned || this.close());
    if (!this.frame.classList.contains("slim")) void this.#float(this.#chip);
  }

  /** Below the mark if there is room, else above it, never over it, and within the panel. */
  async #float(chip: HTMLElement): Promise<void> {
    const { style } = this.element;
    const within = { boundary: this.frame, padding: EDGE };
    style.removeProperty("--room");
    const { x, y } = await computePosition(chip, this.element, {
      placement: "bottom",
      middleware: [
        offset(GAP),
        flip({ ...within, fallbackStrategy: "bestFit" }),
        shift(within),
        size({
          ...within,
          apply: ({ availableHeight }) => style.setProperty("--room", `${Math.max(LEAST, availableHeight)}px`),
        }),
      ],
    });
    if (chip !== this.#chip) return;
    style.setProperty("--left", `${x}px`);
    style.setProperty("--top", `${y}px`);
  }
}

/** Some words before and after a quote, without Markdown's signs; null where the document has changed since. */
export function wordsAround(
  part: Pick<EntryResponse, "start" | "text">,
  start: number,
  end: number,
  quote: string,
): { before: string; after: string } | null {
  const points = Array.from(part.text);
  const from = start - part.start;
  const to = end - part.start;
  if (points.slice(from, to).join("") !== quote) return null;
  const before = unsigned(points.slice(Math.max(0, from - AROUND), from).join(""));
  const after = unsigned(points.slice(to, to + AROUND).join(""));
  return {
    before: before && (from > AROUND ? `…${before}` : before),
    after: after && (to + AROUND < points.length ? `${after}…` : after),
  };
}

/** An entry below its own line, which stands above as the title. */
function withoutLine({ start, text }: EntryResponse): Pick<EntryResponse, "start" | "text"> {
  const line = /^[^\n]*\n?/.exec(text)?.[0] ?? "";
  return { start: start + Array.from(line).length, text: text.slice(line.length) };
}

function unsigned(markdown: string): string {
  return markdown
    .replace(/^[ \t]*(?:#{1,6}|[-*+]|\d+\.|>|```\w*)(?:[ \t]+|$)/gm, "")
    .replace(/\*\*|`|\$\$/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

// The list of conversations: search, rename, pin, delete with a way back. They lie in this browser only.

import type { Removed } from "../archive";
import { dated } from "../dated";
import type { Head } from "../shelf";
import { sheet } from "../styles";
import styles from "../styles/chats.css?inline";
import { fill } from "../text";
import { tool } from "./button";
import type { Context } from "./context";
import { composing, h } from "./dom";
import { icon } from "./icons";
import { later } from "./later";

const MAX_TITLE = 80;
// A screen of the list at once, the rest when the browser has time.
const SLICE = 16;
let look: CSSStyleSheet | null = null;

export class Chats {
  readonly element: HTMLElement;
  readonly dispose: () => void;
  readonly #search: HTMLInputElement;
  readonly #list = h("ul", { class: "chat-list", "data-test": "chats" });
  readonly #note = h("div", { class: "chat-note", role: "status" });
  readonly #all: HTMLButtonElement;
  #heads: Head[] = [];
  #renaming = "";
  #undrawn: Head[] = [];
  #calledOff = (): void => undefined;

  constructor(
    private readonly context: Context,
    private readonly close: () => void,
    private readonly opened: () => void,
  ) {
    const { text } = context;
    this.#search = h("input", {
      type: "search",
      "data-test": "chats-search",
      "aria-label": text.chats.search,
      placeholder: text.chats.search,
      autocomplete: "off",
      oninput: () => this.#draw(),
    });
    this.#all = h(
      "button",
      { class: "link", type: "button", "data-test": "chats-clear", onclick: () => void this.#clear() },
      text.chats.removeAll,
    );
    this.#all.addEventListener("blur", () => this.#calm());
    this.element = h(
      "nav",
      { class: "chats", "aria-label": text.chats.title, hidden: true },
      h(
        "div",
        { class: "aside-head" },
        h("h2", {}, text.chats.title),
        tool("chats-close", "close", text.chats.close, () => this.close()),
      ),
      h("div", { class: "search" }, icon("search"), this.#search),
      this.#list,
      this.#note,
      h("p", { class: "chat-local" }, text.chats.local, " ", this.#all),
    );
    const unlisten = context.session.archive.listen(() => this.open && void this.refresh());
    this.dispose = () => {
      unlisten();
      this.#calledOff();
    };
  }

  /** Take a place beside the conversation. */
  join(columns: HTMLElement): void {
    const root = columns.getRootNode() as ShadowRoot;
    look ??= sheet(styles);
    if (!root.adoptedStyleSheets.includes(look)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, look];
    columns.prepend(this.element);
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  async show(): Promise<void> {
    this.element.hidden = false;
    this.#note.replaceChildren();
    await this.refresh();
    // A finger would get the keyboard over the list.
    if (matchMedia("(pointer: fine)").matches) this.#search.focus();
    else this.#list.querySelector<HTMLElement>(".chat-open")?.focus();
  }

  async refresh(): Promise<void> {
    this.#heads = await this.context.session.archive.heads().catch(() => []);
    if (!this.#renaming) this.#draw();
  }

  #draw(): void {
    const { text } = this.context;
    const words = folded(this.#search.value).split(/\s+/).filter(Boolean);
    const has = (head: Head): boolean => {
      const all = folded(`${head.title}\n${head.questions}`);
      return words.every((word) => all.includes(word));
    };
    const found = words.length ? this.#heads.filter(has) : [...this.#heads];
    const none = this.#heads.length ? text.chats.none : text.chats.empty;
    this.#all.hidden = !this.#heads.length;
    this.#list.replaceChildren(...(found.length ? [] : [h("li", { class: "note" }, none)]));
    this.#undrawn = found;
    this.#more();
  }

  /** Draw the next rows, and those after them when there is time. */
  #more(count = SLICE): void {
    this.#calledOff();
    this.#list.append(...this.#undrawn.splice(0, count).map((head) => this.#row(head)));
    if (this.#undrawn.length) this.#calledOff = later(() => this.#more());
  }

  #row(head: Head): HTMLElement {
    const { text, session } = this.context;
    const { id, title, pinned } = head;
    const current = id === session.id;
    const about = [pinned && text.chats.pinned, when(head.updated, text.lang)].filter(Boolean).join(" · ");
    const open = h(
      "button",
      {
        class: "chat-open",
        type: "button",
        "data-test": "chat-open",
        "aria-current": current && "true",
        onclick: () => void this.#open(id),
      },
      h("span", { class: "chat-title", dir: "auto" }, title),
      h("span", { class: "chat-about" }, about),
    );
    const pin = tool("chat-pin", "pin", fill(pinned ? text.chats.unpin : text.chats.pin, { title }), () => {
      void this.#again("chat-pin", id, session.archive.pin(id, !pinned));
    });
    pin.setAttribute("aria-pressed", String(pinned));
    const rename = tool("chat-rename", "edit", fill(text.chats.rename, { title }), () => this.#rename(head, row));
    const remove = tool("chat-remove", "trash", fill(text.chats.remove, { title }), () => void this.#remove(head));
    const row = h("li", { class: "chat", "data-id": id }, open, h("div", { class: "chat-tools" }, pin, rename, remove));
    return row;
  }

  async #open(id: string): Promise<void> {
    await this.context.session.open(id);
    this.opened();
    if (this.open) this.#draw();
  }

  /** The list is drawn anew after a change: the focus goes to the same button again. */
  async #again(test: string, id: string, change: Promise<void>): Promise<void> {
    await change.catch(() => undefined);
    await this.refresh();
    this.#more(Number.POSITIVE_INFINITY); // the button may be on a row far below
    this.#list.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"] [data-test=${test}]`)?.focus();
  }

  #rename(head: Head, row: HTMLElement): void {
    const { text, session } = this.context;
    const input = h("input", {
      class: "chat-name",
      maxlength: MAX_TITLE,
      value: head.title,
      "aria-label": text.chats.name,
      "data-test": "chat-name",
    });
    this.#renaming = head.id;
    const end = (save: boolean): void => {
      if (!this.#renaming) return;
      this.#renaming = "";
      const title = input.value.trim();
      const renamed = save && title ? session.archive.rename(head.id, title) : Promise.resolve();
      void this.#again("chat-rename", head.id, renamed);
    };
    input.addEventListener("keydown", (event) => {
      if (composing(event) || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.stopPropagation();
      end(event.key === "Enter");
    });
    input.addEventListener("blur", () => end(true));
    row.replaceChildren(input);
    input.select();
  }

  async #remove(head: Head): Promise<void> {
    const { text, session } = this.context;
    const removed = await session.archive.remove(head.id).catch(() => null);
    await this.refresh();
    if (!removed) return;
    const undo = h(
      "button",
      { class: "button", type: "button", "data-test": "chat-undo", onclick: () => void this.#restore(removed) },
      text.chats.undo,
    );
    this.#note.replaceChildren(h("span", { dir: "auto" }, fill(text.chats.removed, { title: head.title })), undo);
    undo.focus();
  }

  async #restore({ head, turns }: Removed): Promise<void> {
    this.#note.replaceChildren();
    await this.#again("chat-open", head.id, this.context.session.archive.keep(head.id, turns, head));
  }

  async #clear(): Promise<void> {
    const { text, session } = this.context;
    if (this.#all.dataset.sure === undefined) {
      this.#all.dataset.sure = "";
      this.#all.textContent = text.chats.sure;
      return;
    }
    await session.archive.clear().catch(() => undefined);
    session.fresh();
    this.#calm();
    this.#note.replaceChildren(text.chats.gone);
    await this.refresh();
    this.#search.focus();
  }

  #calm(): void {
    delete this.#all.dataset.sure;
    this.#all.textContent = this.context.text.chats.removeAll;
  }
}

function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** The time of today, the day of another day. */
function when(updated: number, lang: string): string {
  const today = new Date(updated).toDateString() === new Date().toDateString();
  return dated(updated, lang, today ? { timeStyle: "short" } : { dateStyle: "medium" });
}

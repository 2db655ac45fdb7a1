// The menu of the header: what is needed seldom.

import { tool } from "./button";
import { h } from "./dom";
import { type IconName, icon } from "./icons";

export interface Item {
  test: string;
  icon: IconName;
  label: string;
  lang?: string;
  /** The menu stays open where the action gives another label. */
  action(): string | undefined;
}

export class Menu {
  readonly element: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #list: HTMLElement;

  constructor(label: string, items: readonly Item[]) {
    this.#button = tool("menu", "more", label, () => (this.#list.hidden ? this.#open() : this.close(true)));
    this.#button.setAttribute("aria-haspopup", "menu");
    this.#button.setAttribute("aria-expanded", "false");
    this.#list = h(
      "div",
      { class: "menu-list", role: "menu", "aria-label": label, hidden: true },
      ...items.map((item) => this.#item(item)),
    );
    this.element = h("div", { class: "menu" }, this.#button, this.#list);
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.element.contains(event.relatedTarget as Node)) this.close();
    });
  }

  get open(): boolean {
    return !this.#list.hidden;
  }

  close(refocus = false): void {
    this.#list.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
    if (refocus) this.#button.focus();
  }

  #open(): void {
    this.#list.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    this.#items[0]?.focus();
  }

  get #items(): HTMLElement[] {
    return Array.from(this.#list.children) as HTMLElement[];
  }

  #item(item: Item): HTMLElement {
    const label = h("span", { lang: item.lang }, item.label);
    const act = (): void => {
      const next = item.action();
      if (next === undefined) this.close(true);
      else label.textContent = next;
    };
    return h(
      "button",
      { class: "menu-item", type: "button", role: "menuitem", tabindex: -1, "data-test": item.test, onclick: act },
      icon(item.icon),
      label,
    );
  }

  #key(event: KeyboardEvent): void {
    if (!this.open) return;
    const at = this.#items.indexOf((this.element.getRootNode() as ShadowRoot).activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") this.close();
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close(true);
    }
    if (to === undefined) return;
    event.preventDefault();
    this.#items.at(to % this.#items.length)?.focus();
  }
}

// The panel's keys: Esc, "?", "/", Tab where the panel covers the page; on a page of its own also Ctrl-K, and "/" anywhere.

import { composing, focusable } from "./dom";

export interface KeyActions {
  escape(): void;
  question(): void;
  help(): void;
}

export class Keys {
  constructor(
    private readonly panel: HTMLElement,
    private readonly page: boolean,
    private readonly actions: KeyActions,
  ) {
    panel.addEventListener("keydown", (event) => this.#key(event));
  }

  start(): void {
    if (this.page) document.addEventListener("keydown", this.#shortcut);
  }

  dispose(): void {
    document.removeEventListener("keydown", this.#shortcut);
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Tab") this.#trap(event);
    if (composing(event)) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      this.actions.escape();
    } else this.#shortcut(event);
    if (event.key === "?" && !writes(event.target)) this.actions.help();
  }

  readonly #shortcut = (event: KeyboardEvent): void => {
    if (composing(event) || event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    const target = event.composedPath()[0];
    if (command ? !this.page || event.key.toLowerCase() !== "k" : event.key !== "/" || writes(target)) return;
    event.preventDefault();
    this.actions.question();
  };

  /** Where the panel covers the page, Tab stays within it. */
  #trap(event: KeyboardEvent): void {
    if (this.panel.getAttribute("aria-modal") !== "true" || event.defaultPrevented) return;
    const reach = focusable(this.panel);
    const active = (this.panel.getRootNode() as ShadowRoot).activeElement;
    const [edge, other] = event.shiftKey ? [reach[0], reach.at(-1)] : [reach.at(-1), reach[0]];
    if (active !== edge) return;
    event.preventDefault();
    other?.focus();
  }
}

function writes(target: EventTarget | null | undefined): boolean {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
}

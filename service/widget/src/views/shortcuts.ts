// The list of keys.

import type { Text } from "../text";
import { tool } from "./button";
import { h } from "./dom";

export class Shortcuts {
  readonly element: HTMLDialogElement;

  /** Ctrl-K is the widget's on a page of its own only. */
  constructor(text: Text, page: boolean) {
    const lines: [string[], string][] = [
      [page ? ["/", "Ctrl K"] : ["/"], text.keys.ask],
      [["↑"], text.keys.last],
      [["Enter"], text.send],
      [["Esc"], text.keys.close],
      [["?"], text.keys.help],
    ];
    this.element = h(
      "dialog",
      { class: "shortcuts", "aria-label": text.shortcuts, "data-test": "shortcuts-list" },
      h(
        "div",
        { class: "aside-head" },
        h("h2", {}, text.shortcuts),
        tool("shortcuts-close", "close", text.close, () => this.element.close()),
      ),
      h(
        "dl",
        {},
        ...lines.map(([keys, what]) =>
          h("div", {}, h("dt", {}, ...keys.map((key) => h("kbd", {}, key))), h("dd", {}, what)),
        ),
      ),
    );
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
  }

  show(): void {
    if (!this.element.open) this.element.showModal();
  }
}

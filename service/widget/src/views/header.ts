// The bar at the top: title and tools.

import type { Settings } from "../settings";
import type { Text } from "../text";
import { h } from "./dom";
import { type IconName, icon } from "./icons";

export interface HeaderActions {
  outline(): void;
  newChat(): void;
  language(): void;
  theme(): void;
  close(): void;
}

export class Header {
  readonly element: HTMLElement;
  readonly outline: HTMLButtonElement;
  readonly #theme: HTMLButtonElement;

  constructor(
    private readonly text: Text,
    settings: Settings,
    actions: HeaderActions,
  ) {
    this.outline = tool("outline-toggle", "list", text.openOutline, actions.outline);
    this.outline.setAttribute("aria-expanded", "false");
    this.#theme = tool("theme", "auto", "", actions.theme);
    const language = h(
      "button",
      {
        class: "tool word",
        type: "button",
        "data-test": "lang",
        "aria-label": text.switchLanguage,
        title: text.switchLanguage,
        onclick: actions.language,
      },
      h("span", { lang: settings.lang === "zh" ? "en" : "zh-CN" }, text.otherLanguage),
    );
    this.element = h(
      "header",
      { class: "header" },
      h(settings.mode === "page" ? "h1" : "h2", { class: "title", id: "title" }, settings.title || text.title),
      tool("new-chat", "plus", text.newChat, actions.newChat),
      this.outline,
      language,
      this.#theme,
      settings.mode === "panel" && tool("close", "close", text.close, actions.close),
    );
    this.theme(settings.theme);
  }

  theme(theme: Settings["theme"]): void {
    const label = this.text.theme[theme];
    this.#theme.replaceChildren(icon(theme));
    this.#theme.setAttribute("aria-label", label);
    this.#theme.title = label;
  }
}

function tool(test: string, name: IconName, label: string, action: () => void): HTMLButtonElement {
  return h(
    "button",
    { class: "tool", type: "button", "data-test": test, "aria-label": label, title: label, onclick: action },
    icon(name),
  );
}

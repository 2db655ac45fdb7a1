// The bar at the top: title and tools.

import type { Settings } from "../settings";
import { fill, LANGUAGES, type Text } from "../text";
import { canHear, canSpeak } from "../voice";
import { tool } from "./button";
import { h } from "./dom";
import { type Item, Menu } from "./menu";

export interface HeaderActions {
  chats(): void;
  outline(): void;
  newChat(): void;
  language(lang: Settings["lang"]): void;
  theme(): Settings["theme"];
  voice(on: boolean): void;
  export(): void;
  print(): void;
  shortcuts(): void;
  close(): void;
}

export class Header {
  readonly element: HTMLElement;
  readonly chats: HTMLButtonElement;
  readonly outline: HTMLButtonElement;
  readonly menu: Menu;

  constructor(
    private readonly text: Text,
    settings: Settings,
    actions: HeaderActions,
  ) {
    this.chats = tool("chats-toggle", "chats", text.chats.open, actions.chats);
    this.outline = tool("outline-toggle", "list", text.openOutline, actions.outline);
    for (const toggle of [this.chats, this.outline]) toggle.setAttribute("aria-expanded", "false");
    this.menu = new Menu(text.menu, this.#items(settings, actions));
    this.element = h(
      "header",
      { class: "header", part: "header" },
      this.chats,
      h(settings.mode === "page" ? "h1" : "h2", { class: "title", id: "title" }, settings.title || text.title),
      tool("new-chat", "plus", text.newChat, actions.newChat),
      this.outline,
      this.menu.element,
      settings.mode === "panel" && tool("close", "close", text.close, actions.close),
    );
  }

  #voice({ voice }: Settings, actions: HeaderActions): Item[] {
    if (voice === "off" || !(canHear() || canSpeak())) return [];
    const on = voice === "on";
    const label = on ? this.text.voiceOff : this.text.voiceOn;
    return [{ test: "voice", icon: "microphone", label, action: done(() => actions.voice(!on)) }];
  }

  #items(settings: Settings, actions: HeaderActions): Item[] {
    const { text } = this;
    const languages = (["zh", "en"] as const)
      .filter((lang) => lang !== settings.lang)
      .map((lang): Item => {
        const { name, tag } = LANGUAGES[lang];
        const label = fill(text.language, { name });
        return { test: `lang-${lang}`, icon: "language", label, lang: tag, action: done(() => actions.language(lang)) };
      });
    return [
      ...languages,
      {
        test: "theme",
        icon: "auto",
        label: text.theme[settings.theme],
        action: () => text.theme[actions.theme()],
      },
      ...this.#voice(settings, actions),
      { test: "export", icon: "download", label: text.export, action: done(actions.export) },
      { test: "print", icon: "print", label: text.print, action: done(actions.print) },
      { test: "shortcuts", icon: "keys", label: text.shortcuts, action: done(actions.shortcuts) },
    ];
  }
}

/** An action after which the menu closes. */
function done(action: () => void): () => undefined {
  return () => {
    action();
    return undefined;
  };
}

// What the reader chose, what they were writing, and which conversation is theirs in this tab. Storage may be full, blocked or
// tampered with; none of that may show.

export interface Choices {
  lang?: "zh" | "en" | "own";
  theme?: "auto" | "light" | "dark";
  voice?: "offer" | "on";
}

const VERSION = 2;

export class Memory {
  /** `place` tells the widgets of one page apart. */
  constructor(
    private readonly server: string,
    private readonly place = "",
  ) {}

  choices(): Choices {
    const value = parsed(read(localStorageOf, this.#key("choices")) ?? read(localStorageOf, this.#key("choices", 1)));
    const choices: Choices = {};
    if (value.lang === "zh" || value.lang === "en" || value.lang === "own") choices.lang = value.lang;
    if (value.theme === "auto" || value.theme === "light" || value.theme === "dark") choices.theme = value.theme;
    if (value.voice === "offer" || value.voice === "on") choices.voice = value.voice;
    return choices;
  }

  choose(choice: Choices): void {
    write(localStorageOf, this.#key("choices"), JSON.stringify({ ...this.choices(), ...choice }));
  }

  /** What was written and not sent; of a conversation that has no question yet under "new". */
  draft(conversation: string): string {
    return read(localStorageOf, this.#key(`draft:${conversation}`)) ?? "";
  }

  keepDraft(conversation: string, text: string): void {
    write(localStorageOf, this.#key(`draft:${conversation}`), text || null);
  }

  /** The conversation of this tab; empty in a new one. */
  get current(): string {
    return read(sessionStorageOf, this.#key(`current${this.place}`)) ?? "";
  }

  set current(id: string) {
    write(sessionStorageOf, this.#key(`current${this.place}`), id);
  }

  /** A page that goes has no time for a database: what it was at is left here. */
  leave(text: string | null): void {
    write(sessionStorageOf, this.#key(`left${this.place}`), text);
  }

  left(): unknown {
    return parsed(read(sessionStorageOf, this.#key(`left${this.place}`)));
  }

  /** The one conversation that earlier versions kept. */
  earlier(): unknown {
    const key = this.#key("turns", 1);
    const text = read(localStorageOf, key);
    if (text === null) return null;
    write(localStorageOf, key, null);
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  #key(name: string, version = VERSION): string {
    return `outline-qa:${version}:${name}:${this.server}`;
  }
}

const localStorageOf = (): globalThis.Storage => localStorage;
const sessionStorageOf = (): globalThis.Storage => sessionStorage;

function write(of: () => globalThis.Storage, key: string, text: string | null): void {
  try {
    if (text === null) of().removeItem(key);
    else of().setItem(key, text);
  } catch {
    // Full or blocked: it lasts as long as the page.
  }
}

function read(of: () => globalThis.Storage, key: string): string | null {
  try {
    return of().getItem(key);
  } catch {
    return null;
  }
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

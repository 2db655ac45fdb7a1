// The conversation and the reader's choices in localStorage. It may be full, blocked or tampered with; none of that may show.

import { running, type Turn } from "./conversation";

const VERSION = 1;
const MAX_TURNS = 500;
const MAX_CHARACTERS = 2_000_000;

export interface Choices {
  lang?: "zh" | "en";
  theme?: "auto" | "light" | "dark";
}

export class Storage {
  readonly #turns: string;
  readonly #choices: string;

  constructor(server: string) {
    this.#turns = `outline-qa:${VERSION}:turns:${server}`;
    this.#choices = `outline-qa:${VERSION}:choices:${server}`;
  }

  /** Keep the newest turns that fit; a full storage gets half of them, and so on. */
  save(turns: readonly Turn[]): void {
    const texts: string[] = [];
    let spent = 0;
    for (const turn of turns.slice(-MAX_TURNS).reverse()) {
      const text = JSON.stringify(turn);
      spent += text.length;
      if (spent > MAX_CHARACTERS) break;
      texts.unshift(text);
    }
    while (!write(this.#turns, `[${texts.join(",")}]`) && texts.length) {
      texts.splice(0, Math.ceil(texts.length / 2));
    }
  }

  load(): Turn[] {
    const value = read(this.#turns);
    if (!Array.isArray(value)) return [];
    return value.filter(isTurn).map((turn) => (running(turn) ? { ...turn, phase: "stopped" } : turn));
  }

  clear(): void {
    try {
      localStorage.removeItem(this.#turns);
    } catch {
      // Blocked storage holds nothing to remove.
    }
  }

  choices(): Choices {
    const value = read(this.#choices);
    if (!isObject(value)) return {};
    const choices: Choices = {};
    if (value.lang === "zh" || value.lang === "en") choices.lang = value.lang;
    if (value.theme === "auto" || value.theme === "light" || value.theme === "dark") choices.theme = value.theme;
    return choices;
  }

  choose(choice: Choices): void {
    write(this.#choices, JSON.stringify({ ...this.choices(), ...choice }));
  }
}

function write(key: string, text: string): boolean {
  try {
    localStorage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const PHASES: readonly unknown[] = ["waiting", "streaming", "done", "stopped", "failed"];
const STATUSES: readonly unknown[] = ["answered", "listed_unanswered", "not_in_documents", "declined", null];

function isTurn(value: unknown): value is Turn {
  return (
    isObject(value) &&
    [value.id, value.question, value.text, value.answerId].every((text) => typeof text === "string") &&
    PHASES.includes(value.phase) &&
    STATUSES.includes(value.status) &&
    Array.isArray(value.citations) &&
    value.citations.every(isCitation) &&
    Array.isArray(value.related) &&
    value.related.every(isRelated) &&
    [value.degraded, value.rating].every((text) => text === null || typeof text === "string") &&
    (value.failure === null || (isObject(value.failure) && typeof value.failure.kind === "string"))
  );
}

function isCitation(value: unknown): boolean {
  return (
    isObject(value) &&
    [value.n, value.start, value.end].every((number) => typeof number === "number") &&
    [value.document, value.quote].every((text) => typeof text === "string") &&
    (value.entry_id === null || typeof value.entry_id === "string") &&
    Array.isArray(value.heading_path) &&
    value.heading_path.every((heading) => typeof heading === "string")
  );
}

function isRelated(value: unknown): boolean {
  return (
    isObject(value) &&
    [value.entry_id, value.question].every((text) => typeof text === "string") &&
    typeof value.stars === "number" &&
    typeof value.answered === "boolean"
  );
}

// What the interface says: in Chinese, in English, or in a language that the page brings along. Each language is loaded when
// it is needed.

import type { Lack } from "./conversation";
import type { Failure } from "./failure";
import type english from "./language/en.json";

export type Text = typeof english;
export type Language = "zh" | "en";

/** The languages that the service speaks, by their own names, with their tags. */
export const LANGUAGES = {
  zh: { name: "中文", tag: "zh-CN" },
  en: { name: "English", tag: "en" },
} as const satisfies Record<Language, { name: string; tag: string }>;

const loaded: Partial<Record<Language, Text>> = {};
const FILES = {
  zh: () => import("./language/zh.json"),
  en: () => import("./language/en.json"),
} as const satisfies Record<Language, () => Promise<{ default: Text }>>;

export async function textIn(language: Language): Promise<Text> {
  loaded[language] ??= (await FILES[language]()).default;
  return loaded[language];
}

/** The text in the language of some words, where the interface speaks one of the service's; itself otherwise. */
export function textFor(words: string, text: Text): Text {
  const language = spoken(words);
  const own = Object.values(loaded).includes(text);
  return (language && own && loaded[language]) || text;
}

/** Put values into a text's {names}. */
export function fill(template: string, values: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (sign, name: string) => String(values[name] ?? sign));
}

/** A page's own texts over others: what is missing stays as it is, what is no text or unknown is named. */
export function translated(base: Text, given: unknown, wrong: (key: string) => void): Text {
  return merged(base, given, "", wrong) as Text;
}

function merged(own: object, given: unknown, path: string, wrong: (key: string) => void): object {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    wrong(path || "the file");
    return own;
  }
  const result: Record<string, unknown> = { ...own };
  for (const [key, value] of Object.entries(given)) {
    const before = Object.hasOwn(own, key) ? (own as Record<string, unknown>)[key] : undefined;
    if (typeof before === "string" && typeof value === "string") result[key] = value;
    else if (typeof before === "object" && before) result[key] = merged(before, value, `${path}${key}.`, wrong);
    else wrong(path + key);
  }
  return result;
}

/** Say a failure in one or two sentences; the service's own words follow where it gave some. */
export function sayFailure(failure: Failure, text: Text): string {
  if (failure.kind !== "problem") return text.failure[failure.kind];
  const { status, detail } = failure;
  if (status === 413) return text.failure.tooLarge;
  if (status === 404) return text.failure.gone;
  const what = status === 503 ? text.failure.unready : status < 500 ? text.failure.invalid : text.failure.server;
  return [what, detail].filter(Boolean).join(" ");
}

/** Say what an answer lacks; nothing of what a visitor cannot use. */
export function sayLacks(lacks: readonly Lack[], text: Text): string {
  return lacks
    .map((lack) => text.lacks[lack])
    .filter(Boolean)
    .join(" ");
}

/** The language that a text is in, as far as the service speaks it; null where it has no words of either. */
export function spoken(text: string): Language | null {
  if (/[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]/.test(text)) return "zh";
  // A name or an abbreviation is in no language: "LoRA", "RAG vs CAG", "Grouped Query Attention".
  const words = text.match(/(?<![\w'’-])[A-Za-z][a-z']+(?![\w-])/g) ?? [];
  return words.length >= 2 && words.some((word) => /^[a-z]/.test(word)) ? "en" : null;
}

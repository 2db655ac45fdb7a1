// The element's attributes, read once for each change; what a page's owner got wrong is said in the console.

import type { Choices } from "./choices";
import { hint } from "./hint";

const VALUES = {
  mode: ["panel", "page", "inline"],
  theme: ["auto", "light", "dark"],
  corner: ["bottom-right", "bottom-left"],
  launcher: ["bubble", "none"],
  events: ["plain", "text"],
  voice: ["off", "offer", "on"],
} as const;
const TEXTS = ["lang", "accent", "title", "server", "suggestions", "disclaimer", "trigger", "texts"] as const;
const FLAGS = ["open", "addresses"] as const;

export const ATTRIBUTES: readonly string[] = [...Object.keys(VALUES), ...TEXTS, ...FLAGS];
// What any element may carry.
const COMMON = /^(?:id|class|style|slot|part|hidden|dir|role|tabindex|popover|aria-.*|data-.*|on.*)$/;

type Values = { [Name in keyof typeof VALUES]: (typeof VALUES)[Name][number] };

export interface Settings extends Values {
  /** "own": the texts that the page brings along. */
  lang: "zh" | "en" | "own";
  accent: string;
  title: string;
  suggestions: string[];
  disclaimer: string;
  trigger: string;
  /** Where a language's texts lie as JSON. */
  texts: string;
  addresses: boolean;
}

/** The reader's choice comes first, then the attribute, then the page's language; `brought`: a script gave texts. */
export function settingsOf(element: HTMLElement, choices: Choices, brought = false): Settings {
  const given = (name: string): string => element.getAttribute(name)?.trim() ?? "";
  const values = Object.fromEntries(
    Object.entries(VALUES).map(([name, all]) => [name, one(name, given(name), all)]),
  ) as unknown as Values;
  const mode = values.mode === "page" && !fills(element) ? "inline" : values.mode;
  const own = given("texts") || brought ? "own" : undefined;
  return {
    ...values,
    mode,
    theme: choices.theme ?? values.theme,
    voice: values.voice === "off" ? "off" : (choices.voice ?? values.voice),
    lang: (choices.lang === "own" && !own ? undefined : choices.lang) ?? own ?? language(given("lang")),
    accent: given("accent"),
    title: given("title"),
    suggestions: list(given("suggestions")),
    disclaimer: given("disclaimer"),
    trigger: given("trigger"),
    texts: given("texts") && new URL(given("texts"), document.baseURI).href,
    addresses: element.hasAttribute("addresses") || mode === "page",
  };
}

/** Say which attributes are none of ours: a misspelt one would be passed over in silence. */
export function checkNames(element: HTMLElement): void {
  for (const name of element.getAttributeNames()) {
    if (!ATTRIBUTES.includes(name) && !COMMON.test(name))
      hint(`there is no attribute "${name}"; there are ${ATTRIBUTES.join(", ")}.`);
  }
}

/** The service stands where this script does, unless the attribute says otherwise. */
export function serverOf(element: HTMLElement): string {
  const given = element.getAttribute("server");
  if (!given && import.meta.env.MODE === "package")
    hint("the attribute server is missing: a package from npm does not know where the service is.");
  const here = new URL(/* @vite-ignore */ "..", import.meta.url);
  try {
    return (given ? new URL(given, document.baseURI) : here).href.replace(/\/+$/, "");
  } catch {
    hint(`server="${given}" is no address; ${here} is used.`);
    return here.href.replace(/\/+$/, "");
  }
}

function one(name: string, given: string, all: readonly string[]): string {
  if (given && !all.includes(given)) hint(`${name}="${given}" is not known; it is ${all.join(" or ")}.`);
  return all.includes(given) ? given : (all[0] as string);
}

/** A whole page is for the body itself; from inside a box the widget would cover what is not its own. */
function fills(element: HTMLElement): boolean {
  if (!element.parentElement || element.parentElement === document.body) return true;
  hint('mode="page" is for an element that stands in the body; in a box it is taken as mode="inline".');
  return false;
}

/** A JSON array, or texts with a bar between. */
function list(given: string): string[] {
  if (!given.startsWith("[")) return given.split("|").flatMap((text) => text.trim() || []);
  try {
    const all: unknown = JSON.parse(given);
    if (Array.isArray(all)) return all.filter((text) => typeof text === "string");
  } catch {
    hint(`suggestions="${given}" is no JSON array of texts.`);
  }
  return [];
}

/** "auto" is the reader's browser, as it is for a page without a language. */
function language(given: string): "zh" | "en" {
  const tags = given === "auto" ? [] : [given, document.documentElement.lang];
  const tag = [...tags, navigator.language].find(Boolean) ?? "en";
  return /^zh\b/i.test(tag) ? "zh" : "en";
}

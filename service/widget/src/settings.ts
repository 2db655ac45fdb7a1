// The element's attributes, read once for each change.

import type { Choices } from "./storage";

export const ATTRIBUTES = ["mode", "lang", "theme", "accent", "corner", "title", "server", "open"] as const;

export interface Settings {
  mode: "panel" | "page";
  lang: "zh" | "en";
  theme: "auto" | "light" | "dark";
  accent: string;
  corner: "bottom-right" | "bottom-left";
  title: string;
}

/** The reader's choice comes first, then the attribute, then the page's language. */
export function settingsOf(element: HTMLElement, choices: Choices): Settings {
  const given = (name: string): string => element.getAttribute(name)?.trim() ?? "";
  return {
    mode: given("mode") === "page" ? "page" : "panel",
    lang:
      choices.lang ??
      language(given("lang")) ??
      language(document.documentElement.lang) ??
      language(navigator.language) ??
      "en",
    theme: choices.theme ?? theme(given("theme")),
    accent: given("accent"),
    corner: given("corner") === "bottom-left" ? "bottom-left" : "bottom-right",
    title: given("title"),
  };
}

/** The service stands where this script does, unless the attribute says otherwise. */
export function serverOf(element: HTMLElement): string {
  const given = element.getAttribute("server");
  const here = new URL(/* @vite-ignore */ "..", import.meta.url);
  return (given ? new URL(given, document.baseURI) : here).href.replace(/\/+$/, "");
}

function language(tag: string): "zh" | "en" | undefined {
  if (!tag) return undefined;
  return /^zh\b/i.test(tag) ? "zh" : "en";
}

function theme(name: string): Settings["theme"] {
  return name === "light" || name === "dark" ? name : "auto";
}

// highlight.js with the languages that the outline uses, loaded when an answer holds code.

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import cpp from "highlight.js/lib/languages/cpp";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import sql from "highlight.js/lib/languages/sql";
import yaml from "highlight.js/lib/languages/yaml";

for (const [name, language] of Object.entries({ bash, cpp, javascript, json, python, sql, yaml })) {
  hljs.registerLanguage(name, language);
}
const GUESSED = ["python", "bash", "json", "sql", "cpp"];
// A weaker guess is more often wrong than right: plain text and formulas stand in fences too.
const CERTAIN = 6;

/** Return escaped HTML and the language, or null where none is known. */
export function highlight(code: string, language: string): { html: string; language: string } | null {
  if (hljs.getLanguage(language)) return { html: hljs.highlight(code, { language }).value, language };
  if (language) return null;
  const guess = hljs.highlightAuto(code, GUESSED);
  return guess.language && guess.relevance >= CERTAIN ? { html: guess.value, language: guess.language } : null;
}

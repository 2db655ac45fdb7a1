// The table of contents: what a filter leaves of it, and what to suggest from it.

import type { OutlineEntry, OutlineResponse, OutlineSection } from "./contract";

export interface Filter {
  words: string;
  minStars: number;
}

/** Keep the entries that have the stars and hold every word; sections without one are left out. */
export function filtered(outline: OutlineResponse, { words, minStars }: Filter): OutlineSection[] {
  const wanted = folded(words).split(/\s+/).filter(Boolean);
  return outline.sections
    .map((section) => ({
      ...section,
      entries: section.entries.filter((entry) => {
        const text = folded(`${entry.id} ${entry.question}`);
        return entry.stars >= minStars && wanted.every((word) => text.includes(word));
      }),
    }))
    .filter((section) => section.entries.length);
}

/** What names an entry: ids are unique within a document. */
export interface EntryKey {
  id: string;
  document?: string | undefined;
}

export function findEntry(outline: OutlineResponse, { id, document }: EntryKey): OutlineEntry | undefined {
  for (const { document: own, entries } of outline.sections) {
    if (document && document !== own) continue;
    const entry = entries.find((other) => other.id === id);
    if (entry) return entry;
  }
  return undefined;
}

const SHORT = 40;

/**
 * Pick questions to begin with: those that go with the documents, else answered five-star entries, short ones first, from
 * one section after the other. `turn` gives the next ones.
 */
export function suggestions(outline: OutlineResponse, language: "zh" | "en", k: number, turn = 0): string[] {
  const given = outline.speech[language]?.questions ?? [];
  const all = given.length ? given : entriesFirst(outline).map(({ question }) => question);
  return Array.from({ length: Math.min(k, all.length) }, (_, i) => all[(turn * k + i) % all.length] as string);
}

function entriesFirst(outline: OutlineResponse): OutlineEntry[] {
  const sections = outline.sections.map(({ entries }) =>
    entries.filter((entry) => entry.stars === 5 && entry.answered),
  );
  return [
    ...dealt(sections.map((entries) => entries.filter((entry) => entry.question.length <= SHORT))),
    ...dealt(sections.map((entries) => entries.filter((entry) => entry.question.length > SHORT))),
  ];
}

/** The first of each list, then the second of each, and so on. */
function dealt<T>(lists: T[][]): T[] {
  const rounds = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: rounds }, (_, round) => lists.flatMap((list) => list.slice(round, round + 1))).flat();
}

function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

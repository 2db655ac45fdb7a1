// The table of contents: what a filter leaves of it, and what to suggest from it.

import type { Outline } from "./api";

type OutlineSection = Outline["sections"][number];
type OutlineEntry = OutlineSection["entries"][number];

export interface Filter {
  words: string;
  minStars: number;
}

/** Keep the entries that have the stars and hold every word; sections without one are left out. */
export function filtered(outline: Outline, { words, minStars }: Filter): OutlineSection[] {
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

export function findEntry(outline: Outline, { id, document }: EntryKey): OutlineEntry | undefined {
  for (const { document: own, entries } of outline.sections) {
    if (document && document !== own) continue;
    const entry = entries.find((other) => other.id === id);
    if (entry) return entry;
  }
  return undefined;
}

function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

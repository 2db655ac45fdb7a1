// Citation marks: which [n] in a text have a citation, and how they become buttons.

import type { Quotation } from "./conversation";

const MARK = /\[(\d{1,4})\]/g;

export interface Piece {
  text: string;
  n: number | null;
}

/** Cut a text at the marks that have a citation; any other mark stays text. */
export function pieces(text: string, known: ReadonlySet<number>): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(MARK)) {
    const n = Number(match[1]);
    if (!known.has(n)) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index), n: null });
    found.push({ text: match[0], n });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ text: text.slice(from), n: null });
  return found;
}

/** The numbers of the marks in a text that have a citation: a block is rendered again when they change. */
export function marksIn(text: string, known: ReadonlySet<number>): string {
  return Array.from(text.matchAll(MARK), (match) => Number(match[1]))
    .filter((n) => known.has(n))
    .join();
}

/** Turn the marks in an element's text into chips, outside code, formulas and links. */
export function placeChips(root: Node, known: ReadonlySet<number>, chip: (n: number) => HTMLElement): void {
  if (!known.size) return;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) => {
    if (node.nodeType === Node.TEXT_NODE) return NodeFilter.FILTER_ACCEPT;
    return (node as Element).matches("code, pre, a, .math, .cite") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
  });
  const texts: Text[] = [];
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    const parts = pieces(text.data, known);
    if (!parts.some((part) => part.n !== null)) continue;
    const nodes = parts
      .map((part, i) => (part.n !== null ? chip(part.n) : parts[i + 1] ? part.text.trimEnd() : part.text))
      .filter((node) => node !== "");
    const parent = text.parentElement;
    text.replaceWith(...nodes);
    for (const node of nodes) if (typeof node !== "string") tie(node);
    if (parent?.tagName === "P" && onlyMarks(parent)) parent.classList.add("marks");
  }
}

/** A chip must not begin a line, so the last character before it is held together with it. */
function tie(chip: HTMLElement): void {
  let before = chip.previousSibling;
  if (before instanceof Element && before.matches("strong, em, del")) before = before.lastChild;
  if (before instanceof Element && before.className === "tied") {
    before.append(chip);
    return;
  }
  const end = before?.nodeType === Node.TEXT_NODE && /\S\p{M}*$/u.exec(before.textContent ?? "")?.[0];
  if (!before || !end) return;
  before.textContent = (before.textContent ?? "").slice(0, -end.length);
  const tied = document.createElement("span");
  tied.className = "tied";
  tied.append(end, chip);
  (before as Text).after(tied);
}

function onlyMarks(paragraph: Element): boolean {
  return Array.from(paragraph.childNodes).every(
    (node) => (node as Element).className === "cite" || !node.textContent?.trim(),
  );
}

/** Citations by where they stand, each place once. */
export function grouped(citations: readonly Quotation[]): Map<string, Quotation[]> {
  const groups = new Map<string, Quotation[]>();
  for (const citation of citations) {
    const place = [citation.document, ...citation.heading_path].join(" › ");
    groups.set(place, [...(groups.get(place) ?? []), citation]);
  }
  return groups;
}

/** An answer as it is copied: with the places that its marks stand for. */
export function withSources(answer: string, citations: readonly Quotation[]): string {
  if (!citations.length) return answer;
  const places = Array.from(
    grouped(citations),
    ([place, group]) => `${group.map(({ n }) => `[${n}]`).join("")} ${place}`,
  );
  return `${answer}\n\n${places.join("\n")}`;
}

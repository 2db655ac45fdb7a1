// A conversation to take along: Markdown, with the places that its marks stand for as links.

import { grouped } from "./citations";
import type { Quotation, Turn } from "./conversation";

/** Write a conversation as Markdown; `link` gives the address of a citation. */
export function asMarkdown(title: string, turns: readonly Turn[], link: (citation: Quotation) => string): string {
  const parts = turns
    .filter((turn) => turn.text)
    .map((turn) => [`## ${turn.question.replace(/\s+/g, " ")}`, turn.text, places(turn.citations, link)]);
  return `${[`# ${title}`, ...parts.flat()].filter(Boolean).join("\n\n")}\n`;
}

function places(citations: readonly Quotation[], link: (citation: Quotation) => string): string {
  return Array.from(grouped(citations), ([place, group]) => {
    const marks = group.map((citation) => `[\\[${citation.n}\\]](${link(citation)})`);
    return `- ${marks.join(" ")} ${place.replace(/([[\]\\])/g, "\\$1")}`;
  }).join("\n");
}

/** Let the browser save a text as a file. */
export function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/markdown;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

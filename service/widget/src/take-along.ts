// A conversation to take along: Markdown, with the places that its marks stand for as links.

import type { Quotation, Turn } from "./conversation";

/** Write a conversation as Markdown; `link` gives the address of a citation. */
export function asMarkdown(title: string, turns: readonly Turn[], link: (citation: Quotation) => string): string {
  const parts = turns
    .filter((turn) => turn.text)
    .map((turn) => [`## ${turn.question.replace(/\s+/g, " ")}`, turn.text, places(turn.citations, link)]);
  return `${[`# ${title}`, ...parts.flat()].filter(Boolean).join("\n\n")}\n`;
}

function places(citations: readonly Quotation[], link: (citation: Quotation) => string): string {
  return citations
    .map((citation) => {
      const name = [citation.document, ...citation.heading_path].join(" › ").replace(/([[\]\\])/g, "\\$1");
      return `- [${citation.n}] [${name}](${link(citation)})`;
    })
    .join("\n");
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

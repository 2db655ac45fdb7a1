// Formulas in Markdown: $..$, $$..$$, \(..\) and \[..\] become placeholders that hold their source.

import type { Token, TokenizerAndRendererExtension, Tokens } from "marked";

interface Formula extends Tokens.Generic {
  tex: string;
  display: boolean;
}

// Between single dollars there is no space just inside, no backtick, and no digit after: "$5 and $10" is money.
const INLINE = [
  { pattern: /^\$\$((?:\\[\s\S]|[^\\$])+?)\$\$/, display: false },
  { pattern: /^\$(?![\s$])((?:\\.|[^\\$\n`])+?)(?<!\s)\$(?![\d$])/, display: false },
  { pattern: /^\\\(([^\n]+?)\\\)/, display: false },
  { pattern: /^\\\[([\s\S]+?)\\\]/, display: true },
] as const;
const BLOCK = /^ {0,3}(?:\$\$((?:\\[\s\S]|[^\\$])+?)\$\$|\\\[([\s\S]+?)\\\])[ \t]*(?:\n|$)/;
const BLANK_LINE = /\n[ \t]*\n/;

export const inlineMath: TokenizerAndRendererExtension = {
  name: "inlineMath",
  level: "inline",
  start: (source) => source.match(/\$|\\[([]/)?.index,
  tokenizer(source) {
    for (const { pattern, display } of INLINE) {
      const match = pattern.exec(source);
      if (match?.[1]?.trim() && !BLANK_LINE.test(match[1])) {
        return { type: "inlineMath", raw: match[0], tex: match[1], display } satisfies Formula;
      }
    }
    return undefined;
  },
  renderer: placeholder,
};

export const blockMath: TokenizerAndRendererExtension = {
  name: "blockMath",
  level: "block",
  start: (source) => source.match(/\n {0,3}(?:\$\$|\\\[)/)?.index,
  tokenizer(source) {
    const match = BLOCK.exec(source);
    const tex = match?.[1] ?? match?.[2];
    if (!match || !tex?.trim() || BLANK_LINE.test(tex)) return undefined;
    return { type: "blockMath", raw: match[0], tex, display: true } satisfies Formula;
  },
  renderer: (token) => `<p>${placeholder(token)}</p>\n`,
};

// The text stays as the fall-back, so a reader without Temml sees the source.
function placeholder(token: Token): string {
  const { raw, tex, display } = token as Formula;
  return `<span class="math${display ? " display" : ""}" data-tex="${escapeHtml(bare(tex))}">${escapeHtml(raw.trim())}</span>`;
}

/** Take off dollars inside brackets: the outline has "\( $d_k$ \)". */
function bare(tex: string): string {
  return tex.trim().replace(/^\$+([^$]+)\$+$/, "$1");
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

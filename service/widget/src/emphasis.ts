// Bold text beside Chinese punctuation. By CommonMark's rules "**（例）**的" is not bold, because no space follows; writers of
// Chinese, who use none, mean it to be.

import type { TokenizerAndRendererExtension, Tokens } from "marked";

const STRONG = /^\*\*(?![\s*])((?:[^*\n`]|`[^`\n]*`)+?)(?<!\s)\*\*(?!\*)/;
const EDGE = /^\p{P}|\p{P}$/u;

export const strongBesidePunctuation: TokenizerAndRendererExtension = {
  name: "strongBesidePunctuation",
  level: "inline",
  start: (source) => source.match(/\*\*/)?.index,
  tokenizer(source) {
    const match = STRONG.exec(source);
    if (!match?.[1] || !EDGE.test(match[1])) return undefined;
    const tokens = this.lexer.inlineTokens(match[1]);
    return { type: "strongBesidePunctuation", raw: match[0], tokens } satisfies Tokens.Generic;
  },
  renderer(token) {
    return `<strong>${this.parser.parseInline(token.tokens ?? [])}</strong>`;
  },
};

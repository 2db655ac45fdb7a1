// KaTeX, loaded when an answer holds a formula. MathML only: no fonts, no inline style.

import katex from "katex";

export function formula(tex: string, display: boolean): string {
  return katex.renderToString(tex, {
    output: "mathml",
    displayMode: display,
    throwOnError: true,
    strict: "ignore",
    trust: false,
    maxSize: 20,
    maxExpand: 200,
  });
}

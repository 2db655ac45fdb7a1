// Text that no writer means as Markdown and that would hold up the page: thousands of signs that each may begin something.

const SIGN = /[$_*~`[\]!<>&|\\@.#()]/g;
// The densest block of the outline has a few hundred signs in some thousand characters.
const MOST_SIGNS = 2000;
const MOST_SHARE = 0.2;
const DEEPEST = 24;
const CONTAINER = String.raw`[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))`;
const DEEP = new RegExp(`^((?:${CONTAINER}){${DEEPEST}})(?:${CONTAINER})+`, "gm");

/** Whether a block has so many signs that it is shown as it stands. */
export function tangled(block: string): boolean {
  if (block.length <= MOST_SIGNS) return false;
  const signs = block.match(SIGN)?.length ?? 0;
  return signs > MOST_SIGNS && signs > block.length * MOST_SHARE;
}

/** Cut quotes and lists within each other at a depth that the renderer can follow. */
export function shallow(markdown: string): string {
  return markdown.replace(DEEP, "$1");
}

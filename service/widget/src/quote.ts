// Finding a quote in rendered text. A quote is Markdown and the page holds its rendering, so both are compared rendered
// and without white space.

interface Part {
  node: Text | Element; // an element is a formula, taken whole
  text: string;
}

export interface Compact {
  text: string;
  /** For each character: the part it comes from, and where in that part. */
  part: number[];
  offset: number[];
}

/** The parts of an element that hold document text: not its buttons, and formulas by their source. */
export function parts(root: Node): Part[] {
  const found: Part[] = [];
  const visit = (node: Node): void => {
    if (node.nodeType === Node.TEXT_NODE) found.push({ node: node as Text, text: (node as Text).data });
    if (node.nodeType === Node.ELEMENT_NODE) {
      const element = node as Element;
      if (element.matches("[data-chrome]")) return;
      const tex = element.getAttribute("data-tex");
      if (tex !== null) return void found.push({ node: element, text: tex });
    }
    node.childNodes.forEach(visit);
  };
  visit(root);
  return found;
}

export function compact(texts: readonly string[]): Compact {
  const result: Compact = { text: "", part: [], offset: [] };
  const kept: string[] = [];
  texts.forEach((text, part) => {
    for (let offset = 0; offset < text.length; offset++) {
      const character = text[offset] as string;
      if (/\s/.test(character)) continue;
      kept.push(character);
      result.part.push(part);
      result.offset.push(offset);
    }
  });
  result.text = kept.join("");
  return result;
}

/** How many characters, white space left out, a rendered text holds. */
export function lengthOf(root: Node): number {
  return compact(parts(root).map((part) => part.text)).text.length;
}

/** Find the needle nearest to a place in the haystack; return where it begins, or -1. */
export function nearest(haystack: string, needle: string, aim: number): number {
  if (!needle) return -1;
  let best = -1;
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) {
    if (best < 0 || Math.abs(at - aim) < Math.abs(best - aim)) best = at;
  }
  return best;
}

/** Mark a rendered quote in a rendered text, where so many characters stand before it. Return the first element marked. */
export function markQuote(root: Element, quote: Node, at: number): Element | null {
  const haystack = parts(root);
  const within = compact(haystack.map((part) => part.text));
  const needle = compact(parts(quote).map((part) => part.text)).text;
  const from = nearest(within.text, needle, at);
  if (from < 0) return markBlock(root, haystack, within, needle, at);
  const first = within.part[from] as number;
  const last = within.part[from + needle.length - 1] as number;
  const marks: Element[] = [];
  for (let i = first; i <= last; i++) {
    const { node, text } = haystack[i] as Part;
    const start = i === first ? (within.offset[from] as number) : 0;
    const end = i === last ? (within.offset[from + needle.length - 1] as number) + 1 : text.length;
    if (text.slice(start, end).trim()) marks.push(wrap(node, start, end));
  }
  return marks[0] ?? null;
}

/** Take the indentation of the first line off, or a nested list item would be read as code. */
export function dedent(quote: string): string {
  return quote.replace(/^\s+/, "");
}

function wrap(node: Text | Element, start: number, end: number): Element {
  const mark = document.createElement("mark");
  if (node.nodeType === Node.ELEMENT_NODE) {
    node.replaceWith(mark);
    mark.append(node);
    return mark;
  }
  const range = document.createRange();
  range.setStart(node, start);
  range.setEnd(node, end);
  range.surroundContents(mark);
  return mark;
}

/** The quote is not there word for word: mark the block where its beginning stands, or the one at its place. */
function markBlock(root: Element, haystack: Part[], within: Compact, needle: string, at: number): Element | null {
  let from = -1;
  for (let length = 24; from < 0 && length >= 6; length -= 6) from = nearest(within.text, needle.slice(0, length), at);
  if (from < 0) from = at;
  const node = haystack[within.part[Math.min(from, within.part.length - 1)] ?? 0]?.node;
  const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : (node as Element | undefined);
  const block = element?.closest("p, li, pre, tr, h1, h2, h3, h4, h5, h6, blockquote");
  if (!block || !root.contains(block)) return null;
  block.classList.add("marked");
  return block;
}

// Rendered Markdown. While an answer streams, only the blocks that changed are rendered again.

import { marksIn, placeChips } from "../citations";
import type { Quotation } from "../conversation";
import { fill, type Text } from "../text";
import { copyButton } from "./copy";
import { h } from "./dom";

type Markdown = typeof import("../markdown");
type Formulas = typeof import("../temml");
type Highlighter = typeof import("../highlight");

let markdown: Markdown | null = null;
let formulas: Formulas | null = null;
let highlighter: Highlighter | null = null;

const SAMPLE = "### a\n\n**b**：`c` [1]\n\n1. d\n   - e\n\n| f |\n|---|\n| g |\n";

/** Load the Markdown renderer and run it once: called early, it is there and compiled when the first answer comes. */
export async function loadMarkdown(): Promise<Markdown> {
  if (!markdown) {
    const loaded = await import("../markdown");
    if (!markdown) for (const block of loaded.blocks(SAMPLE)) loaded.render(block);
    markdown = loaded;
  }
  return markdown;
}

// Longer programs stay plain: colouring them would hold up the page.
const MAX_HIGHLIGHTED = 30_000;

interface Block {
  key: string;
  nodes: ChildNode[];
}

export class Content {
  readonly element: HTMLElement;
  readonly #blocks: Block[] = [];
  #settled: Promise<unknown> = Promise.resolve();
  #latest = { source: "", citations: [] as readonly Quotation[] };

  constructor(
    private readonly text: Text,
    test?: string,
  ) {
    this.element = h("div", { class: "content", "data-test": test });
    // What scrolls must be reached by the keyboard, and only that.
    const scrolling = new ResizeObserver(() => this.#reach());
    scrolling.observe(this.element);
  }

  #reach(): void {
    for (const element of this.element.querySelectorAll<HTMLElement>(".scrolls")) {
      if (element.scrollWidth > element.clientWidth + 1) element.tabIndex = 0;
      else element.removeAttribute("tabindex");
    }
  }

  /** Show a text. Resolves when its formulas and programs are in place too. */
  async show(source: string, citations: readonly Quotation[] = []): Promise<void> {
    this.#latest = { source, citations };
    if (!markdown) {
      if (!this.#blocks.length) this.element.replaceChildren(h("p", { class: "raw", dir: "auto" }, source));
      try {
        await loadMarkdown();
      } catch {
        return; // the plain text stays
      }
    }
    if (markdown && this.#latest.source === source) await this.#render(markdown);
  }

  async #render(renderer: Markdown): Promise<void> {
    const { source, citations } = this.#latest;
    const known = new Set(citations.map((citation) => citation.n));
    const sources = renderer.blocks(source);
    const keys = sources.map((block) => `${marksIn(block, known)}|${block}`);
    let same = 0;
    while (same < keys.length && this.#blocks[same]?.key === keys[same]) same++;
    const before = this.#blocks.length;
    if (!before) this.element.replaceChildren();
    for (const { nodes } of this.#blocks.splice(same)) for (const node of nodes) node.remove();
    const waiting: Promise<void>[] = [];
    sources.slice(same).forEach((block, i) => {
      const fragment = renderer.render(block);
      placeChips(fragment, known, (n) => this.#chip(n));
      waiting.push(...this.#finish(fragment, renderer));
      const nodes = Array.from(fragment.childNodes);
      if (same + i >= before) this.#reveal(nodes, i);
      this.element.append(fragment);
      this.#blocks.push({ key: keys[same + i] as string, nodes });
    });
    this.#settled = Promise.all([this.#settled, ...waiting]);
    await this.#settled;
    this.#reach();
  }

  // New blocks fade in one after the other, so that a fast answer does not fall into the page as a lump.
  #reveal(nodes: ChildNode[], i: number): void {
    for (const node of nodes) {
      if (!(node instanceof HTMLElement)) continue;
      node.classList.add("reveal");
      node.style.setProperty("--delay", `${Math.min(i, 8) * 45}ms`);
    }
  }

  #chip(n: number): HTMLElement {
    const attributes = { class: "cite", type: "button", "data-test": "cite", "data-n": n };
    return h(
      "button",
      {
        ...attributes,
        part: "citation",
        "aria-label": fill(this.text.citation, { n }),
        "aria-haspopup": "dialog",
        "aria-expanded": "false",
      },
      String(n),
    );
  }

  #finish(root: DocumentFragment, renderer: Markdown): Promise<void>[] {
    for (const table of root.querySelectorAll("table")) {
      const frame = h("div", { class: "table scrolls", role: "group", "aria-label": this.text.table });
      table.replaceWith(frame);
      frame.append(table);
    }
    for (const math of root.querySelectorAll<HTMLElement>(".math.display")) {
      math.classList.add("scrolls");
      math.setAttribute("role", "group");
      math.setAttribute("aria-label", this.text.formula);
    }
    const programs = Array.from(root.querySelectorAll("pre"), (pre) => this.#program(pre, renderer));
    const math = Array.from(root.querySelectorAll<HTMLElement>(".math"), (element) => formula(element, renderer));
    return [...programs, ...math].filter((waiting) => waiting !== null);
  }

  #program(pre: HTMLPreElement, renderer: Markdown): Promise<void> | null {
    const code = pre.firstElementChild as HTMLElement;
    const source = code.textContent.replace(/\n$/, "");
    const language = /language-(\S+)/.exec(code.className)?.[1] ?? "";
    const label = h("span", {}, language || this.text.code);
    const copy = copyButton("copy-code", this.text.copyCode, this.text, () => source);
    const frame = h("div", { class: "program" }, h("div", { class: "program-bar", "data-chrome": true }, label, copy));
    pre.replaceWith(frame);
    frame.append(pre);
    pre.classList.add("scrolls");
    for (const [name, value] of Object.entries({ role: "group", "aria-label": this.text.code, dir: "ltr" }))
      pre.setAttribute(name, value);
    if (source.length > MAX_HIGHLIGHTED) return null;
    const colour = (loaded: Highlighter): void => {
      const found = loaded.highlight(source, language);
      if (!found) return;
      code.replaceChildren(renderer.sanitize(found.html));
      label.textContent = found.language;
    };
    if (highlighter) {
      colour(highlighter);
      return null;
    }
    return import("../highlight").then(
      (loaded) => {
        highlighter = loaded;
        colour(loaded);
      },
      () => undefined,
    );
  }
}

/** Set a formula; where Temml cannot read it, its source stays. */
function formula(element: HTMLElement, renderer: Markdown): Promise<void> | null {
  const set = (loaded: Formulas): void => {
    const display = element.classList.contains("display");
    try {
      element.replaceChildren(renderer.sanitize(loaded.formula(element.dataset.tex ?? "", display)));
    } catch {
      element.classList.add("failed");
    }
  };
  if (formulas) {
    set(formulas);
    return null;
  }
  return import("../temml").then(
    (loaded) => {
      formulas = loaded;
      set(loaded);
    },
    () => undefined,
  );
}

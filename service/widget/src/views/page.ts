// One page of a PDF, with a quote's boxes marked in it. Loaded when a citation of a PDF is opened.

import type { PDFDocumentProxy, PDFPageProxy, RenderTask } from "pdfjs-dist";
import type { PageBoxes } from "../contract";
import { sheet } from "../styles";
import looks from "../styles/page.css?inline";
import { fill, type Text } from "../text";
import { tool } from "./button";
import { h, scrollWithin } from "./dom";

const STEPS = [1, 1.25, 1.5, 2, 3, 4]; // zoom, of a page as wide as its frame
const MOST_PIXELS = 16_000_000; // of a canvas; browsers refuse larger ones
const look = sheet(looks);

export class PageView {
  readonly element: HTMLElement;
  readonly #previous: HTMLButtonElement;
  readonly #next: HTMLButtonElement;
  readonly #out: HTMLButtonElement;
  readonly #in: HTMLButtonElement;
  readonly #place = h("span", { role: "status", class: "page-place", "data-test": "page-place" });
  readonly #canvas = h("canvas", { role: "img" });
  readonly #words = h("p", { class: "sr-only", "data-test": "page-text" });
  readonly #sheet = h("div", { class: "page-sheet", "data-test": "page-sheet" }, this.#canvas);
  readonly #frame = h("div", { class: "page-frame", tabindex: 0, role: "group" }, this.#sheet);
  readonly #size = new ResizeObserver(() => this.#resize());
  #page: PDFPageProxy | null = null;
  #task: RenderTask | null = null;
  #zoom = 0;
  #width = 0;

  constructor(
    private readonly pdf: PDFDocumentProxy,
    private readonly cited: readonly PageBoxes[],
    private readonly text: Text,
    asText: () => void,
  ) {
    this.#previous = tool("page-previous", "back", text.pages.previous, () => void this.show(this.#number - 1));
    this.#next = tool("page-next", "forward", text.pages.next, () => void this.show(this.#number + 1));
    this.#out = tool("page-out", "minus", text.pages.smaller, () => this.#scale(this.#zoom - 1));
    this.#in = tool("page-in", "plus", text.pages.larger, () => this.#scale(this.#zoom + 1));
    const fit = tool("page-fit", "fit", text.pages.fit, () => this.#scale(0));
    const words = h(
      "button",
      { class: "button", type: "button", "data-test": "page-as-text", onclick: asText },
      text.pages.asText,
    );
    this.#frame.setAttribute("aria-label", text.pages.frame);
    this.element = h(
      "div",
      { class: "page-view", role: "group", "aria-label": text.pages.frame, "data-test": "page-view" },
      h(
        "div",
        { class: "page-tools" },
        this.#previous,
        this.#place,
        this.#next,
        h("span", { class: "page-zoom" }, this.#out, fit, this.#in),
        words,
      ),
      this.#frame,
      this.#words,
    );
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Called once it is in the page: show the first page that is cited. */
  async start(): Promise<void> {
    const root = this.element.getRootNode() as ShadowRoot;
    if (!root.adoptedStyleSheets.includes(look)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, look];
    this.#size.observe(this.#frame);
    await this.show(this.cited[0]?.page ?? 1);
  }

  /** Show a page, numbered from 1; there is none before the first and after the last. */
  async show(number: number): Promise<void> {
    if (number < 1 || number > this.pdf.numPages) return;
    const page = await this.pdf.getPage(number);
    this.#page = page;
    const boxes = this.#boxes(number);
    const place = fill(this.text.pages.place, { n: number, all: this.pdf.numPages });
    this.#place.textContent = place;
    enable(this.#previous, number > 1);
    enable(this.#next, number < this.pdf.numPages);
    this.#canvas.setAttribute("aria-label", boxes.length ? `${place}${this.text.pages.marked}` : place);
    this.#mark(page, boxes);
    await this.#draw();
    this.#reveal();
    await this.#read(page);
  }

  get #number(): number {
    return this.#page?.pageNumber ?? 1;
  }

  #boxes(number: number): number[][] {
    return this.cited.filter((each) => each.page === number).flatMap((each) => each.boxes);
  }

  /** Lay the boxes over the page, by shares of it: they stand at any zoom. */
  #mark(page: PDFPageProxy, boxes: readonly number[][]): void {
    const { width, height } = page.getViewport({ scale: 1 / page.userUnit });
    const marks = boxes.map(([left = 0, top = 0, right = 0, bottom = 0]) => {
      const mark = h("div", { class: "page-mark", "data-test": "page-mark", "aria-hidden": "true" });
      const share = (name: string, part: number, of: number): void =>
        mark.style.setProperty(name, `${((100 * part) / of).toFixed(3)}%`);
      share("left", left, width);
      share("top", top, height);
      share("width", right - left, width);
      share("height", bottom - top, height);
      return mark;
    });
    this.#sheet.replaceChildren(this.#canvas, ...marks);
  }

  async #draw(): Promise<void> {
    const page = this.#page;
    this.#width = this.#frame.clientWidth;
    if (!page || !this.#width) return;
    this.#task?.cancel();
    const plain = page.getViewport({ scale: 1 });
    const shown = (this.#width * (STEPS[this.#zoom] ?? 1)) / plain.width;
    const most = Math.sqrt(MOST_PIXELS / (plain.width * plain.height));
    const viewport = page.getViewport({ scale: Math.min(shown * devicePixelRatio, most) });
    this.#sheet.style.setProperty("width", `${plain.width * shown}px`);
    this.#sheet.style.setProperty("aspect-ratio", `${plain.width} / ${plain.height}`);
    enable(this.#out, this.#zoom > 0);
    enable(this.#in, this.#zoom < STEPS.length - 1);
    this.#canvas.width = Math.floor(viewport.width);
    this.#canvas.height = Math.floor(viewport.height);
    const task = page.render({ canvas: this.#canvas, viewport });
    this.#task = task;
    try {
      await task.promise;
      if (this.#task === task) this.element.dataset.shown = String(page.pageNumber);
    } catch (error) {
      if ((error as Error).name !== "RenderingCancelledException") throw error;
    }
  }

  /** What the page says, for those who do not see it. */
  async #read(page: PDFPageProxy): Promise<void> {
    const { items } = await page.getTextContent();
    const words = items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
    if (page === this.#page) this.#words.textContent = words;
  }

  #scale(zoom: number): void {
    const before = this.#zoom;
    this.#zoom = Math.max(0, Math.min(STEPS.length - 1, zoom));
    if (this.#zoom !== before) void this.#draw().then(() => this.#reveal());
  }

  #resize(): void {
    if (!this.element.isConnected) this.#size.disconnect();
    else if (this.#page && Math.abs(this.#frame.clientWidth - this.#width) > 1) void this.#draw();
  }

  /** Bring the first mark into view, across the frame and down the pane. */
  #reveal(): void {
    const mark = this.#sheet.querySelector(".page-mark");
    const pane = this.element.parentElement;
    if (!mark || !pane) return;
    const box = mark.getBoundingClientRect();
    const view = pane.getBoundingClientRect();
    scrollWithin(pane, pane.scrollTop + box.top - view.top - view.height / 3);
    this.#frame.scrollLeft += box.left - this.#frame.getBoundingClientRect().left - 20;
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const wide = this.#frame.scrollWidth > this.#frame.clientWidth + 1 && event.target === this.#frame;
    const act: Record<string, () => void> = {
      "+": () => this.#scale(this.#zoom + 1),
      "=": () => this.#scale(this.#zoom + 1),
      "-": () => this.#scale(this.#zoom - 1),
      "0": () => this.#scale(0),
      ...(!wide && {
        ArrowLeft: () => void this.show(this.#number - 1),
        ArrowRight: () => void this.show(this.#number + 1),
      }),
    };
    const done = act[event.key];
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
    done();
  }
}

/** A button that is disabled would lose the focus of whoever has just pressed it. */
function enable(button: HTMLButtonElement, able: boolean): void {
  button.setAttribute("aria-disabled", String(!able));
}

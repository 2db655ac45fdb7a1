// What stands beside the conversation: the list of conversations on one side, the outline on the other. Each is loaded
// when it is wanted first, and shown if it still is wanted then. Where there is no room beside it they cover it.

import type { Aside } from "./aside";
import type { Chats } from "./chats";
import type { Context } from "./context";
import { h } from "./dom";
import type { Header } from "./header";

// Narrower than this there is no room for a pane beside the conversation.
const NARROW = 900;
// Narrower than this, or than the second under a finger, which gets the citation as a sheet from below.
const SLIM = 400;
const SLIM_COARSE = 600;

export class Panes {
  readonly element: HTMLElement;
  readonly #size = new ResizeObserver(() => this.#measure());
  #aside: Aside | null = null;
  #chats: Chats | null = null;
  #wanted: ((aside: Aside) => void) | null = null;
  #listWanted = false;
  #opener: HTMLElement | null = null;

  /** `left` is told when a reader closes the outline, and what the focus goes back to. */
  constructor(
    private readonly context: Context,
    private readonly panel: HTMLElement,
    private readonly main: HTMLElement,
    private readonly header: Header,
    private readonly left: (opener: HTMLElement) => void,
  ) {
    this.element = h("div", { class: "columns" }, main);
  }

  start(): void {
    this.#size.observe(this.panel);
  }

  dispose(): void {
    this.#size.disconnect();
    this.#chats?.dispose();
  }

  /** Whether the outline is open, or will be once it is loaded. */
  get outlined(): boolean {
    return this.#wanted !== null;
  }

  /** Let the conversation be seen. */
  uncover(): void {
    if (!this.#narrow) return;
    if (this.outlined) this.close();
    if (this.#listWanted) this.closeList();
  }

  /** Close what was opened; false where nothing was. */
  escape(): boolean {
    if (this.outlined) {
      if (this.#aside) this.#aside.escape();
      else this.close();
      return true;
    }
    const listed = this.#listWanted;
    if (listed) this.closeList();
    return listed;
  }

  /** Open the outline and show something in it. */
  open(show: (aside: Aside) => void): void {
    if (this.#narrow && this.#listWanted) this.closeList();
    if (!this.outlined) this.#opener = (this.panel.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    this.header.outline.setAttribute("aria-expanded", "true");
    this.#wanted = show;
    if (this.#aside) this.#show(this.#aside, show);
    else
      void this.#outline().then(
        (aside) => show === this.#wanted && this.#show(aside, show),
        () => this.hide(),
      );
  }

  /** Close the outline, and go back to where it was opened. */
  close(): void {
    this.hide();
    const opener = this.#opener?.isConnected ? this.#opener : this.header.outline;
    this.#opener = null;
    this.left(opener);
  }

  /** Close the outline and leave the focus where it is. */
  hide(): void {
    this.#wanted = null;
    if (this.#aside) this.#aside.element.hidden = true;
    this.panel.classList.remove("with-aside");
    this.header.outline.setAttribute("aria-expanded", "false");
    this.#measure();
  }

  async toggleList(): Promise<void> {
    if (this.#listWanted) return this.closeList();
    if (this.#narrow && this.outlined) this.close();
    this.#listWanted = true;
    this.header.chats.setAttribute("aria-expanded", "true");
    const chats = await this.#list().catch(() => null);
    if (!chats) this.#hideList();
    else if (this.#listWanted) await chats.show();
    this.#measure();
  }

  closeList(): void {
    this.#hideList();
    this.header.chats.focus();
  }

  #hideList(): void {
    this.#listWanted = false;
    if (this.#chats) this.#chats.element.hidden = true;
    this.header.chats.setAttribute("aria-expanded", "false");
    this.#measure();
  }

  #show(aside: Aside, show: (aside: Aside) => void): void {
    this.panel.classList.add("with-aside");
    show(aside);
    this.#measure();
  }

  async #outline(): Promise<Aside> {
    const { Aside: View } = await import("./aside");
    if (!this.#aside) {
      this.#aside = new View(this.context, () => this.close());
      this.element.append(this.#aside.element);
    }
    return this.#aside;
  }

  async #list(): Promise<Chats> {
    const { Chats: View } = await import("./chats");
    if (!this.#chats) {
      this.#chats = new View(
        this.context,
        () => this.closeList(),
        () => this.#narrow && this.closeList(),
      );
      this.#chats.join(this.element);
    }
    return this.#chats;
  }

  get #narrow(): boolean {
    return this.panel.classList.contains("narrow");
  }

  #measure(): void {
    const { clientWidth } = this.panel;
    const slim = matchMedia("(pointer: coarse)").matches ? SLIM_COARSE : SLIM;
    this.panel.classList.toggle("narrow", clientWidth < NARROW);
    this.panel.classList.toggle("slim", clientWidth < slim);
    this.main.inert = this.#narrow && Boolean(this.#aside?.open || this.#chats?.open);
  }
}

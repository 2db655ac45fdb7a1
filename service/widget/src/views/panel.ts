// The whole chat: header, conversation, composer, and the outline beside it.

import type { Client } from "../api";
import type { Quotation, Turn } from "../conversation";
import type { EntryKey } from "../outline";
import type { Session } from "../session";
import type { Settings } from "../settings";
import { TEXTS, type Text } from "../text";
import { Aside } from "./aside";
import { Composer } from "./composer";
import { loadMarkdown } from "./content";
import type { Context } from "./context";
import { composing, focusable, h } from "./dom";
import { Header, type HeaderActions } from "./header";
import { Popover } from "./popover";
import { Thread } from "./thread";
import { Welcome } from "./welcome";

export class Panel implements Context {
  readonly element: HTMLElement;
  readonly client: Client;
  readonly text: Text;
  readonly header: Header;
  readonly composer: Composer;
  readonly #thread: Thread;
  readonly #welcome: Welcome;
  readonly #aside: Aside;
  readonly #popover: Popover;
  readonly #main: HTMLElement;
  readonly #live = h("div", {
    class: "sr-only",
    role: "status",
    "aria-live": "polite",
    "aria-atomic": "true",
    "data-test": "live",
  });
  readonly #size: ResizeObserver;
  #opener: HTMLElement | null = null;

  constructor(
    readonly session: Session,
    settings: Settings,
    actions: Omit<HeaderActions, "outline" | "newChat">,
  ) {
    this.client = session.client;
    this.text = TEXTS[settings.lang];
    const own = { outline: () => this.#toggleOutline(), newChat: () => this.#newChat() };
    this.header = new Header(this.text, settings, { ...actions, ...own });
    this.#thread = new Thread(this);
    this.#welcome = new Welcome(this);
    this.composer = new Composer(this);
    this.#aside = new Aside(this, () => this.#closeAside());
    const body = h("div", { class: "body" }, this.#welcome.element, this.#thread.element, this.#thread.jump);
    this.#main = h("div", { class: "main" }, body, this.composer.element);
    const role = settings.mode === "page" ? "main" : "dialog";
    this.element = h("section", {
      class: "panel",
      role,
      "aria-labelledby": "title",
      tabindex: -1,
      "data-test": "panel",
      lang: this.text.lang,
    });
    this.#popover = new Popover(this.element, this);
    this.element.append(
      this.header.element,
      h("div", { class: "columns" }, this.#main, this.#aside.element),
      this.#popover.element,
      this.#live,
    );
    this.element.addEventListener("keydown", (event) => this.#key(event, actions.close));
    this.composer.element.addEventListener("focusin", () => void loadMarkdown().catch(() => undefined), { once: true });
    this.#size = new ResizeObserver(() => this.#measure());
    session.listen(this);
  }

  /** Called once the panel is in the page and can be seen. */
  start(): void {
    this.#size.observe(this.element);
    void loadMarkdown().catch(() => undefined);
    this.#thread.restore(this.session.turns);
    this.composer.busy(this.session.busy);
    this.#refresh();
  }

  /** Focus where the next question is written; on a touch screen that would bring up the keyboard over the answer. */
  focus(): void {
    if (matchMedia("(pointer: coarse)").matches) this.element.focus({ preventScroll: true });
    else this.composer.focus();
  }

  dispose(): void {
    this.#size.disconnect();
    this.#thread.dispose();
  }

  // What the views may ask for.

  ask(question: string): void {
    if (this.session.busy) return;
    this.#popover.close();
    if (this.#aside.open && this.#covered) this.#closeAside();
    this.session.ask(question);
    this.focus();
  }

  retry(turnId: string): void {
    this.session.retry(turnId);
    this.focus(); // the button that was pressed is going away
  }

  read(entry: EntryKey): void {
    this.#openAside(() => this.#aside.read(entry));
  }

  show(citation: Quotation): void {
    const chip = this.#popover.open;
    this.#popover.close(chip);
    this.#openAside(() => this.#aside.show(citation));
  }

  browse(): void {
    this.#openAside(() => this.#aside.browse());
  }

  announce(message: string): void {
    // The same words twice are a change only if the region was empty between them.
    this.#live.textContent = "";
    setTimeout(() => (this.#live.textContent = message), 60);
  }

  // What the session tells.

  added(turn: Turn): void {
    this.#refresh();
    this.#thread.add(turn);
    this.composer.busy(true);
  }

  changed(turn: Turn): void {
    this.#thread.change(turn);
    this.composer.busy(this.session.busy);
  }

  cleared(): void {
    this.#thread.clear();
    this.#refresh();
    this.composer.busy(false);
  }

  #refresh(): void {
    const empty = !this.session.turns.length;
    this.#welcome.element.hidden = !empty;
    this.#thread.element.hidden = empty;
    if (empty) void this.#welcome.suggest();
  }

  #newChat(): void {
    this.#popover.close();
    if (this.#aside.open && this.#covered) this.#closeAside();
    this.session.clear();
    this.focus();
  }

  #toggleOutline(): void {
    if (this.#aside.open) this.#closeAside();
    else this.browse();
  }

  #openAside(open: () => void): void {
    if (!this.#aside.open)
      this.#opener = (this.element.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    this.element.classList.add("with-aside");
    this.header.outline.setAttribute("aria-expanded", "true");
    open();
    this.#measure();
  }

  #closeAside(): void {
    this.#aside.element.hidden = true;
    this.element.classList.remove("with-aside");
    this.header.outline.setAttribute("aria-expanded", "false");
    this.#main.inert = false;
    const opener = this.#opener?.isConnected ? this.#opener : this.header.outline;
    this.#popover.refocus(opener);
    this.#opener = null;
  }

  /** Whether the outline leaves no room for the conversation. */
  get #covered(): boolean {
    return this.element.classList.contains("narrow");
  }

  #measure(): void {
    const { clientWidth } = this.element;
    this.element.classList.toggle("narrow", clientWidth < 900);
    // A finger gets the citation as a sheet from below; a mouse could not follow it there.
    this.element.classList.toggle(
      "slim",
      clientWidth < 400 || (clientWidth < 600 && matchMedia("(pointer: coarse)").matches),
    );
    this.#main.inert = this.#aside.open && this.#covered;
  }

  #key(event: KeyboardEvent, close: () => void): void {
    if (event.key === "Tab") this.#trap(event);
    if (event.key !== "Escape" || composing(event)) return;
    event.stopPropagation();
    if (this.#popover.open) this.#popover.close(true);
    else if (this.#aside.open) this.#aside.escape();
    else close();
  }

  /** Where the panel covers the page, Tab stays within it. */
  #trap(event: KeyboardEvent): void {
    if (this.element.getAttribute("aria-modal") !== "true" || event.defaultPrevented) return;
    const reach = focusable(this.element);
    const active = (this.element.getRootNode() as ShadowRoot).activeElement;
    const [edge, other] = event.shiftKey ? [reach[0], reach.at(-1)] : [reach.at(-1), reach[0]];
    if (active !== edge) return;
    event.preventDefault();
    other?.focus();
  }
}

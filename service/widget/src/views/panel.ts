// The whole chat: header, conversation, composer, the conversations on one side of it and the outline on the other.

import { Address, type Place } from "../address";
import type { Client } from "../api";
import type { Quotation, Turn } from "../conversation";
import type { EntryKey } from "../outline";
import { printAlone, printable } from "../printing";
import type { Session } from "../session";
import type { Settings } from "../settings";
import type { Signal } from "../signals";
import { type Text, textIn } from "../text";
import type { Aside } from "./aside";
import type { Chats } from "./chats";
import { Composer } from "./composer";
import { loadMarkdown } from "./content";
import type { Context } from "./context";
import { composing, focusable, h } from "./dom";
import { Header, type HeaderActions } from "./header";
import type { Popover } from "./popover";
import type { Selected } from "./selected";
import type { Shortcuts } from "./shortcuts";
import { Thread } from "./thread";
import { Welcome } from "./welcome";

export type Actions = Pick<HeaderActions, "language" | "theme" | "voice" | "close">;

export class Panel implements Context {
  readonly element: HTMLElement;
  readonly client: Client;
  readonly header: Header;
  readonly composer: Composer;
  readonly address: Address;
  readonly voice: boolean;
  readonly #thread: Thread;
  readonly #welcome: Welcome;
  #aside: Aside | null = null;
  #chats: Chats | null = null;
  readonly #columns: HTMLElement;
  #popover: Popover | null = null;
  #shortcuts: Shortcuts | null = null;
  #selected: Selected | null = null;
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
  #wanted: ((aside: Aside) => void) | null = null;
  #unprintable = (): void => undefined;

  constructor(
    readonly session: Session,
    private readonly settings: Settings,
    readonly text: Text,
    readonly signal: Signal,
    private readonly actions: Actions,
  ) {
    this.client = session.client;
    this.voice = settings.voice === "on";
    this.address = new Address(settings.addresses, this.client.server, (place) => this.#arrive(place));
    this.header = new Header(text, settings, {
      ...actions,
      chats: () => void this.#toggleChats().catch(() => this.header.chats.setAttribute("aria-expanded", "false")),
      outline: () => (this.#aside?.open ? this.#closeAside() : this.browse()),
      newChat: () => this.#newChat(),
      export: () => void this.#export(),
      print: () => void this.#print(),
      shortcuts: () => void this.#help(),
    });
    this.#thread = new Thread(this);
    this.#welcome = new Welcome(this, settings);
    this.composer = new Composer(this, this.#thread.jump, settings.disclaimer);
    const body = h("div", { class: "body" }, this.#welcome.element, this.#thread.element);
    this.#main = h("div", { class: "main" }, body, this.composer.element);
    this.#columns = h("div", { class: "columns" }, this.#main);
    this.element = h("section", {
      class: "panel",
      part: "panel",
      role: { page: "main", panel: "dialog", inline: "region" }[settings.mode],
      "aria-labelledby": "title",
      tabindex: -1,
      "data-test": "panel",
      lang: text.lang,
    });
    this.element.append(this.header.element, this.#columns, this.#live);
    this.element.addEventListener("click", (event) => void this.#press(event));
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("pointerup", () => void this.#select());
    this.element.addEventListener("keyup", (event) => event.shiftKey && void this.#select());
    this.#size = new ResizeObserver(() => this.#measure());
    session.listen(this);
  }

  /** Called once the panel is in the page and can be seen. */
  start(): void {
    this.#size.observe(this.element);
    const host = (this.element.getRootNode() as ShadowRoot).host as HTMLElement;
    this.#unprintable = printable(host, () => void this.#thread.renderAll());
    if (this.settings.mode === "page") document.addEventListener("keydown", this.#shortcut);
    this.#draw();
    this.#arrive(this.address.place);
    const question = this.address.question();
    if (question) this.ask(question);
  }

  /** Focus where the next question is written; on a touch screen that would bring up the keyboard over the answer. */
  focus(): void {
    if (matchMedia("(pointer: coarse)").matches) this.element.focus({ preventScroll: true });
    else this.composer.focus();
  }

  dispose(): void {
    this.#size.disconnect();
    this.#thread.dispose();
    this.#chats?.dispose();
    this.address.dispose();
    this.#unprintable();
    document.removeEventListener("keydown", this.#shortcut);
  }

  // What the views may ask for.

  ask(question: string): void {
    if (this.session.busy || !question.trim()) return;
    this.#popover?.close();
    if (this.#covered) this.#uncover();
    this.session.ask(question.trim());
    this.focus();
  }

  write(question: string): void {
    if (this.#covered) this.#uncover();
    this.composer.draft = question;
    this.composer.focus();
  }

  edit(turnId: string): void {
    const turn = this.session.turn(turnId);
    if (turn) this.composer.edit(turn);
  }

  retry(turnId: string, alone = false): void {
    this.session.retry(turnId, alone);
    this.focus(); // the button that was pressed is going away
  }

  read(entry: EntryKey): void {
    this.#openAside((aside) => aside.read(entry));
    this.address.show({ kind: "entry", id: entry.id, document: entry.document ?? "", span: null });
  }

  show(citation: Quotation, all: readonly Quotation[] = []): void {
    this.#popover?.close(this.#popover.open);
    this.#openAside((aside) => aside.show(citation, all));
    const { entry_id: id, document, start, end } = citation;
    if (id) this.address.show({ kind: "entry", id, document, span: { start, end } });
  }

  browse(): void {
    this.#openAside((aside) => aside.browse());
    this.address.show({ kind: "outline" });
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
    this.#prepare();
  }

  changed(turn: Turn): void {
    this.#thread.change(turn);
    this.composer.busy(this.session.busy);
  }

  opened(): void {
    this.#draw();
    if (!this.#aside?.open) this.address.show(this.#base);
  }

  /** Where the reader is without a pane: in a conversation, or at somebody else's answer. */
  get #base(): Place {
    const { visited } = this.session;
    return visited ? { kind: "answer", id: visited } : { kind: "chat" };
  }

  #draw(): void {
    this.#popover?.close();
    this.#thread.clear();
    this.#refresh();
    if (this.session.turns.length) this.#prepare();
    this.#thread.restore(this.session.turns, this.session.visited !== "");
    this.composer.take();
    this.composer.busy(this.session.busy);
  }

  /** What an answer needs besides its text is loaded while it is on its way. */
  #prepare(): void {
    const parts = [loadMarkdown(), this.#cards(), textIn("zh"), textIn("en")];
    void Promise.all(parts).catch(() => undefined); // without the service the text stays plain
  }

  async #cards(): Promise<Popover> {
    const { Popover: View } = await import("./popover");
    if (!this.#popover) {
      this.#popover = new View(this.element, this);
      this.#live.before(this.#popover.element);
    }
    return this.#popover;
  }

  async #press(event: MouseEvent): Promise<void> {
    const chip = (event.target as Element).closest<HTMLElement>(".cite");
    if (!chip) return;
    const byKey = event.detail === 0;
    const cards = this.#popover ?? (await this.#cards().catch(() => null));
    cards?.press(chip, byKey);
  }

  #refresh(): void {
    const empty = !this.session.turns.length;
    this.#welcome.element.hidden = !empty;
    this.#thread.element.hidden = empty;
    if (empty) void this.#welcome.suggest();
  }

  #newChat(): void {
    if (this.#covered) this.#uncover();
    this.session.fresh();
    this.focus();
  }

  #uncover(): void {
    if (this.#aside?.open) this.#closeAside();
    if (this.#chats?.open) this.#closeChats();
  }

  async #toggleChats(): Promise<void> {
    if (this.#chats?.open) return this.#closeChats();
    if (this.#aside?.open && this.#covered) this.#closeAside();
    this.header.chats.setAttribute("aria-expanded", "true");
    this.#chats ??= await this.#listed();
    await this.#chats.show();
    this.#measure();
  }

  async #listed(): Promise<Chats> {
    const { Chats: View } = await import("./chats");
    const chats = new View(
      this,
      () => this.#closeChats(),
      () => this.#covered && this.#closeChats(),
    );
    chats.join(this.#columns);
    return chats;
  }

  #closeChats(): void {
    if (this.#chats) this.#chats.element.hidden = true;
    this.header.chats.setAttribute("aria-expanded", "false");
    this.#measure();
    this.header.chats.focus();
  }

  /** Open the pane, which is loaded when it is needed first; it must still be wanted then. */
  #openAside(open: (aside: Aside) => void): void {
    if (this.#chats?.open && this.#covered) this.#closeChats();
    if (!this.#aside?.open)
      this.#opener = (this.element.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    this.header.outline.setAttribute("aria-expanded", "true");
    this.#wanted = open;
    if (this.#aside) this.#opened(this.#aside, open);
    else
      void this.#beside().then(
        (aside) => open === this.#wanted && this.#opened(aside, open),
        () => this.#hideAside(),
      );
  }

  #opened(aside: Aside, open: (aside: Aside) => void): void {
    this.element.classList.add("with-aside");
    open(aside);
    this.#measure();
  }

  async #beside(): Promise<Aside> {
    const { Aside: View } = await import("./aside");
    if (!this.#aside) {
      this.#aside = new View(this, () => this.#closeAside());
      this.#columns.append(this.#aside.element);
    }
    return this.#aside;
  }

  #closeAside(): void {
    this.#hideAside();
    const opener = this.#opener?.isConnected ? this.#opener : this.header.outline;
    if (this.#popover) this.#popover.refocus(opener);
    else opener.focus();
    this.#opener = null;
    this.address.show(this.#base);
  }

  #hideAside(): void {
    this.#wanted = null;
    if (this.#aside) this.#aside.element.hidden = true;
    this.element.classList.remove("with-aside");
    this.header.outline.setAttribute("aria-expanded", "false");
    this.#measure();
  }

  /** Show what the address says: at first, and after Back and Forward. */
  #arrive(place: Place): void {
    if (place.kind === "outline") this.#openAside((aside) => aside.browse());
    else if (place.kind === "entry") this.#openAside((aside) => aside.visit(place));
    else {
      this.#hideAside();
      void (place.kind === "answer" ? this.session.visit(place.id) : this.session.back());
    }
  }

  /** Whether there is no room for a pane beside the conversation. */
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
    this.#main.inert = (this.#aside?.open || this.#chats?.open === true) && this.#covered;
  }

  async #help(): Promise<void> {
    const { Shortcuts: View } = await import("./shortcuts");
    if (!this.#shortcuts) {
      this.#shortcuts = new View(this.text);
      this.element.append(this.#shortcuts.element);
    }
    this.#shortcuts.show();
  }

  /** Offer to ask about what was selected; without its file, when the service is away, there is no offer. */
  async #select(): Promise<void> {
    const loaded = await import("./selected").catch(() => null);
    if (!loaded) return;
    const { Selected: View } = loaded;
    if (!this.#selected) {
      this.#selected = new View(this.element, this);
      this.element.append(this.#selected.element);
    }
    this.#selected.look();
  }

  async #export(): Promise<void> {
    const { asMarkdown, download } = await import("../take-along");
    const title = this.session.turns[0]?.question.slice(0, 60) ?? this.text.title;
    const link = ({ entry_id, document, start, end }: Quotation): string =>
      this.address.link(
        entry_id ? { kind: "entry", id: entry_id, document, span: { start, end } } : { kind: "outline" },
      );
    download(`${title.replace(/[^\p{L}\p{N}]+/gu, "-")}.md`, asMarkdown(title, this.session.turns, link));
  }

  async #print(): Promise<void> {
    await this.#thread.renderAll();
    printAlone((this.element.getRootNode() as ShadowRoot).host as HTMLElement);
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Tab") this.#trap(event);
    if (composing(event)) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      this.#escape();
    } else if (this.settings.mode === "page") this.#shortcut(event);
    if (event.key === "?" && !typing(event)) void this.#help();
  }

  #escape(): void {
    if (this.#popover?.open) this.#popover.close(true);
    else if (this.composer.editing) this.composer.editing = "";
    else if (this.#aside?.open) this.#aside.escape();
    else if (this.#chats?.open) this.#closeChats();
    else this.actions.close();
  }

  /** On the page of its own: "/" and Ctrl-K go to the question. */
  readonly #shortcut = (event: KeyboardEvent): void => {
    if (composing(event) || event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    const target = event.composedPath()[0];
    if (command ? event.key.toLowerCase() !== "k" : event.key !== "/" || writes(target)) return;
    event.preventDefault();
    if (this.#covered) this.#uncover();
    this.composer.focus();
  };

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

function typing(event: KeyboardEvent): boolean {
  return writes(event.target);
}

function writes(target: EventTarget | null | undefined): boolean {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
}

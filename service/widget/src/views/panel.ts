// The whole chat: header, conversation, composer, what stands beside it, and what is laid over it.

import { Address, type Place } from "../address";
import type { Client } from "../api";
import type { Quotation, Turn } from "../conversation";
import type { EntryKey } from "../outline";
import { printAlone, printable } from "../printing";
import type { Session } from "../session";
import type { Settings } from "../settings";
import type { Signal } from "../signals";
import { type Text, textIn } from "../text";
import { Composer } from "./composer";
import { loadMarkdown } from "./content";
import type { Context } from "./context";
import { h } from "./dom";
import { Header, type HeaderActions } from "./header";
import { Keys } from "./keys";
import { Overlays } from "./overlays";
import { Panes } from "./panes";
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
  readonly #panes: Panes;
  readonly #keys: Keys;
  readonly #overlays: Overlays;
  readonly #live = h("div", {
    class: "sr-only",
    role: "status",
    "aria-live": "polite",
    "aria-atomic": "true",
    "data-test": "live",
  });
  #prepared = false;
  #unprintable = (): void => undefined;

  constructor(
    readonly session: Session,
    settings: Settings,
    readonly text: Text,
    readonly signal: Signal,
    private readonly actions: Actions,
  ) {
    const page = settings.mode === "page";
    this.client = session.client;
    this.voice = settings.voice === "on";
    this.address = new Address(settings.addresses, this.client.server, (place) => this.#arrive(place));
    this.header = new Header(text, settings, {
      ...actions,
      chats: () => void this.#panes.toggleList(),
      outline: () => (this.#panes.outlined ? this.#panes.close() : this.browse()),
      newChat: () => this.#newChat(),
      export: () => void this.#export(),
      print: () => void this.#print(),
      shortcuts: () => void this.#overlays.help(),
    });
    this.#thread = new Thread(this);
    this.#welcome = new Welcome(this, settings);
    this.composer = new Composer(this, this.#thread.jump, settings.disclaimer, () => this.#prepare());
    const body = h("div", { class: "body" }, this.#welcome.element, this.#thread.element);
    const main = h("div", { class: "main" }, body, this.composer.element);
    this.element = h("section", {
      class: "panel",
      part: "panel",
      role: { page: "main", panel: "dialog", inline: "region" }[settings.mode],
      "aria-labelledby": "title",
      tabindex: -1,
      "data-test": "panel",
      lang: text.lang,
    });
    this.#panes = new Panes(this, this.element, main, this.header, (opener) => this.#left(opener));
    this.element.append(this.header.element, this.#panes.element, this.#live);
    this.#overlays = new Overlays(this, this.element, page);
    this.#keys = new Keys(this.element, page, {
      escape: () => this.#escape(),
      question: () => this.#question(),
      help: () => void this.#overlays.help(),
    });
    session.listen(this);
  }

  /** Called once the panel is in the page and can be seen. */
  start(): void {
    this.#panes.start();
    this.#keys.start();
    const host = (this.element.getRootNode() as ShadowRoot).host as HTMLElement;
    this.#unprintable = printable(host, () => void this.#thread.renderAll());
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
    this.#panes.dispose();
    this.#keys.dispose();
    this.#thread.dispose();
    this.address.dispose();
    this.#unprintable();
  }

  // What the views may ask for.

  ask(question: string): void {
    if (this.session.busy || !question.trim()) return;
    this.#overlays.close();
    this.#panes.uncover();
    this.session.ask(question.trim());
    this.focus();
  }

  write(question: string): void {
    this.#panes.uncover();
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
    this.#panes.open((aside) => aside.read(entry));
    this.address.show({ kind: "entry", id: entry.id, document: entry.document ?? "", span: null });
  }

  show(citation: Quotation, all: readonly Quotation[] = []): void {
    this.#overlays.close(true);
    this.#panes.open((aside) => aside.show(citation, all));
    const { entry_id: id, document, start, end } = citation;
    if (id) this.address.show({ kind: "entry", id, document, span: { start, end } });
  }

  browse(): void {
    this.#panes.open((aside) => aside.browse());
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
    if (!this.#panes.outlined) this.address.show(this.#base);
  }

  /** Where the reader is without a pane: in a conversation, or at somebody else's answer. */
  get #base(): Place {
    const { visited } = this.session;
    return visited ? { kind: "answer", id: visited } : { kind: "chat" };
  }

  #draw(): void {
    this.#overlays.close();
    this.#thread.clear();
    this.#refresh();
    if (this.session.turns.length) this.#prepare();
    this.#thread.restore(this.session.turns, this.session.visited !== "");
    this.composer.take();
    this.composer.busy(this.session.busy);
  }

  /** What an answer needs besides its text is there when it comes: a question is being written, or is on its way. */
  #prepare(): void {
    this.session.client.expectQuestion();
    if (this.#prepared) return;
    this.#prepared = true;
    const parts = [loadMarkdown(), this.#overlays.prepare(), textIn("zh"), textIn("en")];
    void Promise.all(parts).catch(() => (this.#prepared = false)); // without the service the text stays plain
  }

  #refresh(): void {
    const empty = !this.session.turns.length;
    this.#welcome.element.hidden = !empty;
    this.#thread.element.hidden = empty;
    if (empty) void this.#welcome.suggest();
  }

  #newChat(): void {
    this.#panes.uncover();
    this.session.fresh();
    this.focus();
  }

  /** The outline was closed by the reader. */
  #left(opener: HTMLElement): void {
    this.#overlays.refocus(opener);
    this.address.show(this.#base);
  }

  /** Show what the address says: at first, and after Back and Forward. */
  #arrive(place: Place): void {
    if (place.kind === "outline") this.#panes.open((aside) => aside.browse());
    else if (place.kind === "entry") this.#panes.open((aside) => aside.visit(place));
    else {
      this.#panes.hide();
      void (place.kind === "answer" ? this.session.visit(place.id) : this.session.back());
    }
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

  #escape(): void {
    if (this.#overlays.close(true)) return;
    if (this.composer.editing) this.composer.editing = "";
    else if (!this.#panes.escape()) this.actions.close();
  }

  #question(): void {
    this.#panes.uncover();
    this.composer.focus();
  }
}

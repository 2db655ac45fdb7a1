// <outline-qa>: reads its attributes, holds the launcher and the panel in its shadow, and is what a page's own scripts call.

import { type Choices, Memory } from "./choices";
import { hint } from "./hint";
import { Look } from "./look";
import { ATTRIBUTES, checkNames, type Settings, serverOf, settingsOf } from "./settings";
import { type Signal, signals } from "./signals";
import { baseSheets } from "./styles";
import { LANGUAGES, type Language, type Text, textIn, translated } from "./text";
import { h } from "./views/dom";
import { icon } from "./views/icons";
import type { Panel } from "./views/panel";

type Chat = import("./chat").Chat;

// Browsers keep a removed element's state for as long: a page that swaps its body puts it back at once.
const GRACE_MS = 1000;
// What is typed or pasted in the widget is none of the page's business; only its shortcuts with Ctrl or Command get through.
const INNER = ["keydown", "keypress", "keyup", "beforeinput", "input", "paste", "copy", "cut"] as const;

/**
 * The chat widget.
 *
 * @tag outline-qa
 * @attr {string} server - Address of the service, where it is not that of the script; needed with the npm package.
 * @attr {"panel"|"page"|"inline"} [mode=panel] - A launcher with a panel, the whole page, or the box that it stands in.
 * @attr {string} lang - "zh", "en", or "auto" for the browser's; that of the page otherwise.
 * @attr {string} texts - Address of a JSON file with the texts of another language.
 * @attr {"auto"|"light"|"dark"} [theme=auto] - Light or dark.
 * @attr {string} accent - A colour, of buttons and marks.
 * @attr {"bottom-right"|"bottom-left"} [corner=bottom-right] - Where the launcher is.
 * @attr {string} title - In the panel's head.
 * @attr {boolean} open - Whether the panel is open.
 * @attr {"bubble"|"none"} [launcher=bubble] - Without one the page opens the panel.
 * @attr {string} trigger - A selector; a click on such an element opens and closes the panel.
 * @attr {string} suggestions - Questions with a bar between, or a JSON array.
 * @attr {string} disclaimer - Below the question.
 * @attr {boolean} addresses - Whether the page's address follows what is shown.
 * @attr {"plain"|"text"} [events=plain] - Whether events hold what people wrote and read.
 * @attr {"off"|"offer"|"on"} [voice=off] - Writing by voice and reading aloud, by the browser's own means.
 * @fires {CustomEvent} outline-qa:ready - It can be used.
 * @fires {CustomEvent} outline-qa:open - The panel was opened.
 * @fires {CustomEvent} outline-qa:close - The panel was closed.
 * @fires {CustomEvent} outline-qa:ask - A question was sent.
 * @fires {CustomEvent} outline-qa:answer - An answer is whole.
 * @fires {CustomEvent} outline-qa:citation - A citation was looked at.
 * @fires {CustomEvent} outline-qa:feedback - An answer was rated.
 * @fires {CustomEvent} outline-qa:error - A question failed.
 * @csspart launcher - The button that opens the panel.
 * @csspart panel - All of the chat.
 * @csspart header - Its bar at the top.
 * @csspart composer - Where the question is written.
 * @csspart suggestion - A question to begin with.
 * @csspart question - What was asked.
 * @csspart answer - What came of it.
 * @csspart citation - A mark.
 * @cssprop --outline-qa-accent - Colour of buttons and marks.
 * @cssprop --outline-qa-font - Font of all texts.
 * @cssprop --outline-qa-width - Width of the panel.
 * @cssprop --outline-qa-height - Height of the panel.
 * @cssprop --outline-qa-radius - Roundness of the panel.
 * @cssprop --outline-qa-offset-x - From the side of the window.
 * @cssprop --outline-qa-offset-y - From the foot of the window.
 */
export class OutlineQA extends HTMLElement {
  static readonly observedAttributes = ATTRIBUTES;

  readonly #root = h("div", { class: "root", title: "" }); // an empty title keeps the element's own from showing as a tooltip
  readonly #look = new Look(this.#root, () => this.#fit());
  readonly #signal: Signal = signals(this, () => this.getAttribute("events") === "text");
  #memory!: Memory;
  #settings!: Settings;
  #text!: Text;
  #ownText: Promise<Text> | null = null;
  #chat: Promise<Chat> | null = null;
  #panel: Panel | null = null;
  #launcher: HTMLButtonElement | null = null;
  #leaving = 0;
  #built = 0;
  destroyed = false;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = baseSheets();
    shadow.append(this.#root);
    for (const name of INNER) shadow.addEventListener(name, stay);
  }

  connectedCallback(): void {
    clearTimeout(this.#leaving);
    checkNames(this);
    if (!this.#memory) this.#connect();
    void this.#build().then(() => this.#signal("ready", { server: serverOf(this) }));
    this.#raise();
    this.#look.watch();
    document.addEventListener("click", this.#triggered);
  }

  disconnectedCallback(): void {
    this.#look.unwatch();
    document.removeEventListener("click", this.#triggered);
    this.#panel?.dispose();
    this.#panel = null;
    this.#leaving = window.setTimeout(() => this.#release(), GRACE_MS);
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (!this.#memory || !this.isConnected || before === now) return;
    if (name === "open") return void this.#toggle(now !== null);
    if (name === "server") {
      this.#release();
      this.#connect();
    }
    if (name === "texts") this.#ownText = null;
    void this.#build();
  }

  open(): void {
    this.setAttribute("open", "");
  }

  close(): void {
    this.removeAttribute("open");
  }

  toggle(): void {
    this.toggleAttribute("open");
  }

  /** Put a question into the panel, which opens; it is sent where `submit` says so. */
  async ask(question: string, { submit = false }: { submit?: boolean } = {}): Promise<void> {
    if (this.#settings.mode === "panel") this.open();
    const panel = await this.#show();
    if (submit) panel?.ask(question);
    else panel?.write(question);
  }

  /** Begin a new conversation; what was said stays in the list. */
  async clear(): Promise<void> {
    const { session } = await this.#started();
    await session.load();
    session.fresh();
  }

  /** Speak another language: "zh", "en", or a language's texts over the English ones. */
  async setLocale(locale: Language | Record<string, unknown>): Promise<void> {
    if (typeof locale === "object") {
      this.#ownText = textIn("en").then((base) =>
        translated(base, locale, (key) => hint(`texts: "${key}" is not known.`)),
      );
      this.#memory.choose({ lang: "own" });
    } else if (Object.hasOwn(LANGUAGES, locale)) this.#memory.choose({ lang: locale });
    else {
      hint(`setLocale("${locale}") is not known; it is "zh", "en" or an object of texts.`);
      return;
    }
    await this.#build();
  }

  /** Leave the page for good. */
  destroy(): void {
    this.destroyed = true;
    this.remove();
    clearTimeout(this.#leaving);
    this.#release();
  }

  /** Pages that watch for bare keys look at this before they take one. */
  override get isContentEditable(): boolean {
    const active = this.shadowRoot?.activeElement;
    return active instanceof HTMLTextAreaElement || active instanceof HTMLInputElement;
  }

  /** Into the top layer, where neither the page's z-indexes nor a transform or filter of its body reach. */
  #raise(): void {
    if (typeof this.showPopover !== "function") return;
    if (this.#settings.mode === "inline") {
      this.removeAttribute("popover");
      return;
    }
    this.popover = "manual";
    if (!this.matches(":popover-open")) this.showPopover();
  }

  #connect(): void {
    this.#memory = new Memory(serverOf(this), this.id && `:${this.id}`);
  }

  #release(): void {
    void this.#chat?.then((chat) => chat.dispose());
    this.#chat = null;
  }

  /** The part that answers; loaded when the panel is opened first. */
  #started(): Promise<Chat> {
    this.#chat ??= import("./chat").then(
      ({ Chat, panelSheets }) => {
        if (this.shadowRoot) this.shadowRoot.adoptedStyleSheets = [...baseSheets(), ...panelSheets()];
        return new Chat(serverOf(this), this.#memory, this.#signal);
      },
      (error: unknown) => {
        this.#chat = null;
        hint(`the panel could not be loaded: ${String(error)}`);
        throw error;
      },
    );
    return this.#chat;
  }

  async #say(): Promise<Text> {
    if (this.#settings.lang !== "own") return textIn(this.#settings.lang);
    const address = this.#settings.texts;
    const base = await textIn("en");
    this.#ownText ??= fetch(address).then(async (response) => {
      if (!response.ok) throw new Error(`status ${response.status}`);
      return translated(base, await response.json(), (key) => hint(`${address}: "${key}" is not known.`));
    });
    return this.#ownText.catch((error: unknown) => {
      hint(`texts="${address}" could not be read, so the interface is in English: ${String(error)}`);
      return base;
    });
  }

  /** Build the interface anew; the session and the draft outlive it. */
  async #build(): Promise<void> {
    const built = ++this.#built;
    this.#settings = settingsOf(this, this.#memory.choices(), this.#ownText !== null);
    const { mode, corner } = this.#settings;
    this.#root.dataset.mode = mode;
    this.dataset.mode = mode;
    this.#root.dataset.corner = corner;
    this.#look.paint(this.#settings);
    const text = await this.#say().catch((error: unknown) => hint(`the texts could not be loaded: ${String(error)}`));
    if (!text) return;
    if (built !== this.#built || !this.isConnected) return;
    this.#text = text;
    this.#panel?.dispose();
    this.#panel = null;
    this.#launcher = null;
    this.#root.lang = text.lang;
    if (mode === "page") {
      // The page of its own is in the reader's language too; a host's page is not ours to change.
      document.documentElement.lang = text.lang;
      document.title = this.#settings.title || text.title;
    }
    this.#root.replaceChildren();
    if (mode === "panel" && this.#settings.launcher === "bubble") this.#root.append(this.#launch());
    if (mode !== "panel" || this.hasAttribute("open")) await this.#show(built === 1);
  }

  #launch(): HTMLButtonElement {
    this.#launcher = h(
      "button",
      {
        class: "launcher",
        part: "launcher",
        type: "button",
        "data-test": "launcher",
        "aria-label": this.#text.launcher,
        "aria-haspopup": "dialog",
        "aria-expanded": "false",
        onclick: () => this.toggle(),
      },
      icon("chat"),
      icon("close"),
    );
    return this.#launcher;
  }

  #showing: Promise<Panel | null> | null = null;

  /** Bring the panel up, once it and its conversation are there; null where that failed or the page has gone on. */
  #show(first = false): Promise<Panel | null> {
    if (this.#panel) return Promise.resolve(this.#panel);
    this.#showing ??= this.#bring(first).finally(() => {
      this.#showing = null;
    });
    return this.#showing;
  }

  async #bring(first: boolean): Promise<Panel | null> {
    const chat = await this.#started().catch(() => null);
    await chat?.session.load();
    if (!chat || !this.isConnected) return null;
    // Attributes may have changed meanwhile: what holds now is built.
    const { mode } = this.#settings;
    this.#panel = chat.panel(this.#settings, this.#text, {
      language: (lang) => this.#switch({ lang }),
      theme: () => this.#switchTheme(),
      voice: (on) => this.#switch({ voice: on ? "on" : "offer" }),
      close: () => mode === "panel" && this.close(),
    });
    this.#root.append(this.#panel.element);
    if (mode === "panel" && !this.hasAttribute("open")) this.#panel.element.hidden = true;
    this.#fit();
    this.#panel.start();
    // On its own page the widget is what the reader came for; a touch screen's keyboard would hide the suggestions.
    if (first && mode === "page" && matchMedia("(pointer: fine)").matches) this.#panel.composer.focus();
    return this.#panel;
  }

  async #toggle(open: boolean): Promise<void> {
    if (this.#settings.mode !== "panel") return;
    this.#signal(open ? "open" : "close", {});
    if (!open) {
      this.#panel?.element.setAttribute("hidden", "");
      this.#fit();
      return void this.#launcher?.focus();
    }
    const panel = await this.#show();
    if (!this.hasAttribute("open")) return;
    panel?.element.removeAttribute("hidden");
    this.#fit();
    panel?.focus();
  }

  readonly #triggered = (event: MouseEvent): void => {
    const { trigger } = this.#settings;
    if (!trigger) return;
    try {
      if ((event.target as Element).closest?.(trigger)) this.toggle();
    } catch {
      hint(`trigger="${trigger}" is no CSS selector.`);
    }
  };

  async #switch(choice: Choices): Promise<void> {
    this.#memory.choose(choice);
    await this.#build();
    this.shadowRoot?.querySelector<HTMLElement>("[data-test=menu]")?.focus();
  }

  #switchTheme(): Settings["theme"] {
    const theme = this.#look.next();
    this.#memory.choose({ theme });
    this.#settings = { ...this.#settings, theme };
    return theme;
  }

  #fit(): void {
    const open = Boolean(this.#panel && !this.#panel.element.hidden);
    this.#launcher?.setAttribute("aria-expanded", String(open));
    this.#launcher?.toggleAttribute("hidden", this.#look.covers && open);
    if (this.#settings.mode === "panel") this.#panel?.element.setAttribute("aria-modal", String(this.#look.covers));
  }
}

function stay(event: Event): void {
  const { ctrlKey, metaKey, altKey } = event as KeyboardEvent;
  // AltGr, which writes "@" and "/" on many keyboards, is Ctrl and Alt.
  if (metaKey || (ctrlKey && !altKey)) return;
  event.stopPropagation();
}

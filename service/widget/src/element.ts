// <outline-qa>: reads its attributes, and holds the launcher and the panel in its shadow.

import { Client } from "./api";
import { css, parse, type Rgb, readable, textOn, tint } from "./colour";
import { Session } from "./session";
import { ATTRIBUTES, type Settings, serverOf, settingsOf } from "./settings";
import { Storage } from "./storage";
import { styleSheets } from "./styles";
import { TEXTS } from "./text";
import { h } from "./views/dom";
import { icon } from "./views/icons";
import { Panel } from "./views/panel";

const THEMES = ["auto", "light", "dark"] as const;
const ACCENT: Rgb = [58, 86, 197];
// The grounds that text in the accent colour stands on: the panel, its darkest (or lightest) shade, and the accent's own tint.
const GROUNDS = {
  light: { panel: [255, 255, 255], shade: [237, 236, 231], share: 0.11 },
  dark: { panel: [27, 28, 31], shade: [48, 49, 54], share: 0.26 },
} as const satisfies Record<string, { panel: Rgb; shade: Rgb; share: number }>;
const PHONE = "(max-width: 520px), (max-height: 480px)";

export class OutlineQA extends HTMLElement {
  static readonly observedAttributes = ATTRIBUTES;

  readonly #root = h("div", { class: "root", title: "" }); // an empty title keeps the element's own from showing as a tooltip
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #phone = matchMedia(PHONE);
  #storage!: Storage;
  #session: Session | null = null;
  #settings!: Settings;
  #panel: Panel | null = null;
  #launcher: HTMLButtonElement | null = null;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = styleSheets();
    shadow.append(this.#root);
  }

  connectedCallback(): void {
    this.#connect();
    this.#build();
    this.#raise();
    // On its own page the widget is what the reader came for; a touch screen's keyboard would hide the suggestions.
    if (this.#settings.mode === "page" && matchMedia("(pointer: fine)").matches) this.#panel?.composer.focus();
    this.#dark.addEventListener("change", this.#paint);
    this.#phone.addEventListener("change", this.#fit);
    window.visualViewport?.addEventListener("resize", this.#fit);
    window.visualViewport?.addEventListener("scroll", this.#fit);
  }

  disconnectedCallback(): void {
    this.#release();
    this.#panel?.dispose();
    this.#panel = null;
    this.#dark.removeEventListener("change", this.#paint);
    this.#phone.removeEventListener("change", this.#fit);
    window.visualViewport?.removeEventListener("resize", this.#fit);
    window.visualViewport?.removeEventListener("scroll", this.#fit);
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (!this.#session || !this.isConnected || before === now) return;
    if (name === "open") return void this.#toggle(now !== null);
    if (name === "server") this.#connect();
    this.#build();
  }

  open(): void {
    this.setAttribute("open", "");
  }

  close(): void {
    this.removeAttribute("open");
  }

  /** Into the top layer, where neither the page's z-indexes nor a transform or filter of its body reach. */
  #raise(): void {
    if (typeof this.showPopover !== "function") return;
    this.popover = "manual";
    this.showPopover();
  }

  #connect(): void {
    this.#release();
    const server = serverOf(this);
    this.#storage = new Storage(server);
    this.#session = new Session(new Client(server), this.#storage);
    addEventListener("pagehide", this.#session.keep);
  }

  #release(): void {
    if (!this.#session) return;
    removeEventListener("pagehide", this.#session.keep);
    this.#session.stop();
  }

  /** Build the interface anew; the session and the draft outlive it. */
  #build(): void {
    const draft = this.#panel?.composer.draft ?? "";
    this.#panel?.dispose();
    this.#panel = null;
    this.#settings = settingsOf(this, this.#storage.choices());
    const { mode, corner, lang } = this.#settings;
    this.#root.dataset.mode = mode;
    this.#root.dataset.corner = corner;
    this.#root.lang = TEXTS[lang].lang;
    this.#root.replaceChildren();
    this.#paint();
    if (mode === "page") {
      this.#show(draft);
      return;
    }
    const label = TEXTS[lang].launcher;
    this.#launcher = h(
      "button",
      {
        class: "launcher",
        type: "button",
        "data-test": "launcher",
        "aria-label": label,
        "aria-haspopup": "dialog",
        "aria-expanded": "false",
        onclick: () => this.toggleAttribute("open"),
      },
      icon("chat"),
      icon("close"),
    );
    this.#root.append(this.#launcher);
    if (this.hasAttribute("open")) this.#show(draft);
  }

  #show(draft = ""): void {
    const panel = new Panel(this.#session as Session, this.#settings, {
      language: () => this.#switchLanguage(),
      theme: () => this.#switchTheme(),
      close: () => this.#settings.mode === "panel" && this.close(),
    });
    this.#panel = panel;
    this.#root.append(panel.element);
    this.#launcher?.setAttribute("aria-expanded", "true");
    panel.composer.draft = draft;
    this.#fit();
    panel.start();
  }

  #toggle(open: boolean): void {
    if (this.#settings.mode === "page") return;
    if (!open) {
      this.#panel?.element.setAttribute("hidden", "");
      this.#launcher?.setAttribute("aria-expanded", "false");
      this.#fit();
      return void this.#launcher?.focus();
    }
    if (this.#panel) this.#panel.element.removeAttribute("hidden");
    else this.#show();
    this.#launcher?.setAttribute("aria-expanded", "true");
    this.#fit();
    this.#panel?.focus();
  }

  #switchLanguage(): void {
    const lang = this.#settings.lang === "zh" ? "en" : "zh";
    this.#storage.choose({ lang });
    // The page of its own is in the reader's language too; a host's page is not ours to change.
    if (this.#settings.mode === "page") document.documentElement.lang = TEXTS[lang].lang;
    this.#build();
    this.shadowRoot?.querySelector<HTMLElement>("[data-test=lang]")?.focus();
  }

  #switchTheme(): void {
    const theme = THEMES[(THEMES.indexOf(this.#settings.theme) + 1) % THEMES.length] ?? "auto";
    this.#storage.choose({ theme });
    this.#settings = { ...this.#settings, theme };
    this.#panel?.header.theme(theme);
    this.#paint();
  }

  readonly #paint = (): void => {
    const { theme, accent } = this.#settings;
    const shade = theme === "auto" ? (this.#dark.matches ? "dark" : "light") : theme;
    const colour = (accent && parse(accent)) || ACCENT;
    this.#root.dataset.theme = shade;
    this.#root.style.setProperty("--accent", css(colour));
    this.#root.style.setProperty("--on-accent", css(textOn(colour)));
    const { panel, shade: darkest, share } = GROUNDS[shade];
    const ground = tint(colour, panel, share);
    this.#root.style.setProperty("--tint", css(ground));
    this.#root.style.setProperty("--accent-text", css(readable(readable(colour, darkest), ground)));
  };

  /** On a phone the panel covers the page, above the keyboard. */
  readonly #fit = (): void => {
    const covers = this.#settings.mode === "panel" && this.#phone.matches;
    const open = this.#panel && !this.#panel.element.hasAttribute("hidden");
    this.#root.classList.toggle("covers", covers);
    this.#launcher?.toggleAttribute("hidden", Boolean(covers && open));
    this.#panel?.element.setAttribute("aria-modal", String(covers));
    if (this.#settings.mode === "page") this.#panel?.element.removeAttribute("aria-modal");
    const viewport = window.visualViewport;
    if (!viewport || viewport.scale > 1.01) return;
    this.#root.style.setProperty("--height", `${viewport.height}px`);
    this.#root.style.setProperty("--offset", `${viewport.offsetTop}px`);
  };
}

// How the widget looks: light or dark, its accent, and whether it covers a phone's screen.

import { css, parse, type Rgb, readable, textOn, tint } from "./colour";
import type { Settings } from "./settings";

const THEMES = ["auto", "light", "dark"] as const;
const ACCENT: Rgb = [58, 86, 197];
// The grounds that text in the accent colour stands on: the panel, its darkest (or lightest) shade, and the accent's own tint.
const GROUNDS = {
  light: { panel: [255, 255, 255], shade: [237, 236, 231], share: 0.11 },
  dark: { panel: [27, 28, 31], shade: [48, 49, 54], share: 0.26 },
} as const satisfies Record<string, { panel: Rgb; shade: Rgb; share: number }>;
const PHONE = "(max-width: 520px), (max-height: 480px)";

export class Look {
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #phone = matchMedia(PHONE);
  #settings: Pick<Settings, "mode" | "theme" | "accent"> = { mode: "panel", theme: "auto", accent: "" };

  constructor(
    private readonly root: HTMLElement,
    private readonly changed: () => void,
  ) {}

  /** Whether the panel covers the page, as on a phone. */
  get covers(): boolean {
    return this.#settings.mode === "panel" && this.#phone.matches;
  }

  watch(): void {
    this.#dark.addEventListener("change", this.#draw);
    this.#phone.addEventListener("change", this.#fit);
    window.visualViewport?.addEventListener("resize", this.#fit);
    window.visualViewport?.addEventListener("scroll", this.#fit);
  }

  unwatch(): void {
    this.#dark.removeEventListener("change", this.#draw);
    this.#phone.removeEventListener("change", this.#fit);
    window.visualViewport?.removeEventListener("resize", this.#fit);
    window.visualViewport?.removeEventListener("scroll", this.#fit);
  }

  paint(settings: Pick<Settings, "mode" | "theme" | "accent">): void {
    this.#settings = settings;
    this.#draw();
    this.#fit();
  }

  /** Take the next theme and say which it is. */
  next(): Settings["theme"] {
    const theme = THEMES[(THEMES.indexOf(this.#settings.theme) + 1) % THEMES.length] ?? "auto";
    this.paint({ ...this.#settings, theme });
    return theme;
  }

  readonly #draw = (): void => {
    const { theme, accent } = this.#settings;
    const shade = theme === "auto" ? (this.#dark.matches ? "dark" : "light") : theme;
    const given = accent || getComputedStyle(this.root).getPropertyValue("--outline-qa-accent").trim();
    const colour = (given && parse(given)) || ACCENT;
    this.root.dataset.theme = shade;
    const { panel, shade: darkest, share } = GROUNDS[shade];
    const ground = tint(colour, panel, share);
    for (const [name, value] of Object.entries({
      "--accent": colour,
      "--on-accent": textOn(colour),
      "--tint": ground,
      "--accent-text": readable(readable(colour, darkest), ground),
    }))
      this.root.style.setProperty(name, css(value));
  };

  /** On a phone the panel covers the page, above the keyboard. */
  readonly #fit = (): void => {
    this.root.classList.toggle("covers", this.covers);
    this.changed();
    const viewport = window.visualViewport;
    if (!viewport || viewport.scale > 1.01) return;
    this.root.style.setProperty("--height", `${viewport.height}px`);
    this.root.style.setProperty("--offset", `${viewport.offsetTop}px`);
  };
}

// What is laid over the panel: the card of a citation, the offer to ask about a selected text, the list of keys. Each is
// loaded when it is needed first.

import type { Context } from "./context";
import type { Popover } from "./popover";
import type { Selected } from "./selected";
import type { Shortcuts } from "./shortcuts";

export class Overlays {
  #card: Popover | null = null;
  #selected: Selected | null = null;
  #shortcuts: Shortcuts | null = null;

  constructor(
    private readonly context: Context,
    private readonly panel: HTMLElement,
    private readonly page: boolean,
  ) {
    panel.addEventListener("click", (event) => void this.#press(event));
    panel.addEventListener("pointerup", () => void this.#select());
    panel.addEventListener("keyup", (event) => event.shiftKey && void this.#select());
  }

  /** Load what an answer's marks need, while the answer is on its way. */
  async prepare(): Promise<Popover> {
    const { Popover: View } = await import("./popover");
    if (!this.#card) {
      this.#card = new View(this.panel, this.context);
      this.panel.append(this.#card.element);
    }
    return this.#card;
  }

  /** Close the citation's card; false where none was open. */
  close(refocus = false): boolean {
    const open = this.#card?.open === true;
    this.#card?.close(refocus && open);
    return open;
  }

  /** Give the focus to what may be a mark, without opening its card. */
  refocus(element: HTMLElement): void {
    if (this.#card) this.#card.refocus(element);
    else element.focus();
  }

  async help(): Promise<void> {
    const { Shortcuts: View } = await import("./shortcuts");
    if (!this.#shortcuts) {
      this.#shortcuts = new View(this.context.text, this.page);
      this.panel.append(this.#shortcuts.element);
    }
    this.#shortcuts.show();
  }

  async #press(event: MouseEvent): Promise<void> {
    const chip = (event.target as Element).closest<HTMLElement>(".cite");
    if (!chip) return;
    const byKey = event.detail === 0;
    const card = this.#card ?? (await this.prepare().catch(() => null));
    card?.press(chip, byKey);
  }

  /** Offer to ask about what was selected; without its file, when the service is away, there is no offer. */
  async #select(): Promise<void> {
    const loaded = await import("./selected").catch(() => null);
    if (!loaded) return;
    if (!this.#selected) {
      this.#selected = new loaded.Selected(this.panel, this.context);
      this.panel.append(this.#selected.element);
    }
    this.#selected.look();
  }
}

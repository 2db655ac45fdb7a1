// One Tab stop for a group of buttons, with the arrow keys between them: an answer has many, and Tab must get past it.

const NEXT: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export class Roving {
  #current: HTMLElement | null = null;

  constructor(
    private readonly group: HTMLElement,
    private readonly wanted: string,
  ) {
    group.addEventListener("keydown", (event) => this.#key(event));
    group.addEventListener("focusin", (event) => this.#take(event.target as Element));
  }

  /** Look at the group anew, after it was drawn. */
  refresh(): void {
    const all = this.#all();
    if (!this.#current || !all.includes(this.#current)) this.#current = all[0] ?? null;
    for (const element of all) element.tabIndex = element === this.#current ? 0 : -1;
  }

  #all(): HTMLElement[] {
    return Array.from(this.group.querySelectorAll<HTMLElement>(this.wanted));
  }

  #take(target: Element): void {
    const element = target.closest<HTMLElement>(this.wanted);
    if (!element || element === this.#current) return;
    this.#current = element;
    this.refresh();
  }

  #key(event: KeyboardEvent): void {
    const step = NEXT[event.key];
    const at = (event.target as Element).closest<HTMLElement>(this.wanted);
    if (!step || !at || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = this.#all().filter((element) => element.getClientRects().length && !element.matches(":disabled"));
    const to = all[(all.indexOf(at) + step + all.length) % all.length];
    event.preventDefault();
    to?.focus();
  }
}

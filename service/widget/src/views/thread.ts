// The list of turns. Finished answers are rendered once, when they come near; the streaming one at most once a frame.

import { running, type Turn } from "../conversation";
import { fill, sayFailure } from "../text";
import { tool } from "./button";
import { loadMarkdown } from "./content";
import type { Context } from "./context";
import { h, scrollWithin } from "./dom";
import { later } from "./later";
import { TurnView } from "./turn";

const NEAR = "900px";
const AT_END = 80;
// A screen reader says so much of an answer; whoever wants more reads it.
const SPOKEN = 300;
// What stands below an answer waits so long for the answer's formulas and programs to be in place.
const PATIENCE_MS = 2000;
// Filling in old turns takes this many at a time, so that no frame is held up.
const SLICE = 12;

export class Thread {
  readonly element: HTMLElement;
  readonly #list: HTMLOListElement;
  readonly #jump: HTMLButtonElement;
  readonly #views = new Map<string, TurnView>();
  readonly #stale = new Map<string, Turn>();
  #frame = 0;
  readonly #near: IntersectionObserver;
  readonly #size: ResizeObserver;

  constructor(private readonly context: Context) {
    const { text } = context;
    this.#list = h("ol", { class: "turns" });
    this.element = h(
      "div",
      { class: "thread", tabindex: 0, role: "region", "aria-label": text.conversation },
      h("h2", { class: "sr-only" }, text.conversation),
      this.#list,
    );
    this.#jump = tool("jump", "arrowDown", text.toLatest, () => this.toEnd(true));
    this.#jump.hidden = true;
    this.#near = new IntersectionObserver((entries) => this.#approached(entries), {
      root: this.element,
      rootMargin: `${NEAR} 0px`,
    });
    this.#size = new ResizeObserver(() => {
      this.element.style.setProperty("--view", `${this.element.clientHeight}px`);
      this.#showJump();
    });
    this.#size.observe(this.element);
    this.#size.observe(this.#list);
    this.element.addEventListener("scroll", () => this.#showJump(), { passive: true });
  }

  /** Leads to the end; it stands in the composer, so that nothing moves here when it comes and goes. */
  get jump(): HTMLElement {
    return this.#jump;
  }

  /** Bring a stored conversation back: empty shells first, the newest filled at once, the rest when idle. */
  restore(turns: readonly Turn[], fromTop = false): void {
    const views = turns.map((turn) => this.#append(turn));
    const newest = Math.max(0, turns.length - SLICE);
    for (let i = newest; i < turns.length; i++) this.#fill(turns[i] as Turn, views[i] as TurnView);
    if (fromTop) this.element.scrollTop = 0;
    else this.toEnd();
    let left = newest;
    const slice = (): void => {
      const from = Math.max(0, left - SLICE);
      for (let i = left - 1; i >= from; i--) this.#fill(turns[i] as Turn, views[i] as TurnView);
      left = from;
      if (left) later(slice);
    };
    if (left) later(slice);
  }

  add(turn: Turn): void {
    const view = this.#append(turn);
    view.element.classList.add("live");
    view.update(turn);
    // At once: gliding would draw the whole thread in every frame while the answer is made, on the same machine often.
    this.element.scrollTop = view.element.offsetTop - this.element.offsetTop;
  }

  change(turn: Turn): void {
    this.#stale.set(turn.id, turn);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const stale = [...this.#stale.values()];
      this.#stale.clear();
      for (const one of stale) void this.#redraw(one);
    });
  }

  /** Render every answer, as for print; those whose renderer is loaded at once. */
  async renderAll(): Promise<void> {
    await Promise.all(this.context.session.turns.map((turn) => this.#views.get(turn.id)?.render(turn)));
  }

  clear(): void {
    this.dispose();
    this.#list.replaceChildren();
    this.#views.clear();
    this.#stale.clear();
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#near.disconnect();
    for (const view of this.#views.values()) view.dispose();
  }

  toEnd(smooth = false): void {
    if (smooth) scrollWithin(this.element, this.element.scrollHeight);
    else this.element.scrollTop = this.element.scrollHeight;
  }

  async #redraw(turn: Turn): Promise<void> {
    const view = this.#views.get(turn.id);
    if (!view) return;
    const ended = view.element.classList.contains("running") && !running(turn);
    view.element.classList.toggle("running", running(turn));
    view.element.classList.add("live");
    const rendered = view.render(turn);
    // Nothing is to move under a pointer that goes for a source or a button below.
    if (!running(turn)) await Promise.race([rendered, pause(PATIENCE_MS)]);
    view.update(this.context.session.turn(turn.id) ?? turn);
    const said = await rendered;
    if (ended) this.#announce(turn, said);
  }

  #announce(turn: Turn, said: string): void {
    const { text } = this.context;
    const spoken = said.replace(/\s+/g, " ");
    if (turn.failure) this.context.announce(sayFailure(turn.failure, text));
    else if (turn.phase === "stopped") this.context.announce(turn.text ? text.stopped : text.stoppedEmpty);
    else {
      const status = text.status[turn.status ?? "answered"];
      const whole = turn.status === "answered" ? spoken : `${status}. ${spoken}`;
      const short = fill(text.announcedShort, { status, sources: turn.citations.length });
      this.context.announce(spoken.length <= SPOKEN ? fill(text.announced, { text: whole }) : short);
    }
  }

  #append(turn: Turn): TurnView {
    const view = new TurnView(turn, this.context);
    if (running(turn)) view.element.classList.add("running");
    this.#views.set(turn.id, view);
    this.#list.append(view.element);
    return view;
  }

  #fill(turn: Turn, view: TurnView): void {
    view.update(turn);
    view.plain(turn);
    this.#near.observe(view.element);
  }

  #approached(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      this.#near.unobserve(entry.target);
      const id = (entry.target as HTMLElement).dataset.id ?? "";
      const turn = this.context.session.turn(id);
      if (turn) void this.#views.get(id)?.render(turn);
    }
    void loadMarkdown().catch(() => undefined);
  }

  #showJump(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    this.#jump.hidden = scrollHeight - scrollTop - clientHeight < AT_END;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

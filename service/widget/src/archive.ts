// The reader's conversations: one record each, a turn written at a time, told to the other tabs.

import { replaced, type Turn } from "./conversation";
import { turnsIn } from "./records";
import { type Head, openShelf, type Shelf } from "./shelf";

const MAX_TITLE = 80;
const MAX_TURNS = 500;

/** A conversation that was deleted, as long as it can be brought back. */
export interface Removed {
  head: Head;
  turns: Turn[];
}

export class Archive {
  readonly #shelf: Promise<Shelf>;
  readonly #channel: BroadcastChannel | null;
  readonly #listeners = new Set<(id: string | null) => void>();

  constructor(server: string, shelf?: Shelf) {
    const name = `outline-qa:${server}`;
    this.#shelf = shelf ? Promise.resolve(shelf) : openShelf(name);
    this.#channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(name) : null;
    this.#channel?.addEventListener("message", (event) => this.#hear(event.data));
  }

  /** Hear of conversations that changed, here or in another tab; null: all of them. Returns what ends that. */
  listen(heard: (id: string | null) => void): () => void {
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  dispose(): void {
    this.#channel?.close();
    this.#listeners.clear();
  }

  /** Pinned first, then those used last. */
  async heads(): Promise<Head[]> {
    const heads = (await (await this.#shelf).heads()).filter(isHead);
    return heads.sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.updated - a.updated);
  }

  async turns(id: string): Promise<Turn[]> {
    return turnsIn(await (await this.#shelf).turns(id));
  }

  /** Put a turn in the place of the one with its id, or at the end: another tab's turns stay. */
  async put(id: string, turn: Turn): Promise<void> {
    await this.#update(id, (head, turns) => {
      const known = turns.some((other) => other.id === turn.id);
      const now = (known ? replaced(turns, turn) : [...turns, turn]).slice(-MAX_TURNS);
      return { head: { ...(head ?? fresh(id, turn.question)), ...about(now) }, turns: now };
    });
  }

  async rename(id: string, title: string): Promise<void> {
    await this.#change(id, { title: title.slice(0, MAX_TITLE), named: true });
  }

  async pin(id: string, pinned: boolean): Promise<void> {
    await this.#change(id, { pinned });
  }

  async remove(id: string): Promise<Removed | null> {
    let removed: Removed | null = null;
    await this.#update(id, (head, turns) => {
      if (head) removed = { head, turns };
      return null;
    });
    return removed;
  }

  /** Keep whole conversations: one that was deleted, or the beginning of a branch. */
  async keep(id: string, turns: Turn[], head?: Head): Promise<void> {
    const first = turns[0];
    if (!first) return;
    await this.#update(id, () => ({ head: head ?? { ...fresh(id, first.question), ...about(turns) }, turns }));
  }

  async clear(): Promise<void> {
    await (await this.#shelf).clear();
    this.#tell(null);
  }

  #change(id: string, change: Partial<Head>): Promise<void> {
    return this.#update(id, (head, turns) => head && { head: { ...head, ...change }, turns });
  }

  async #update(
    id: string,
    change: (head: Head | null, turns: Turn[]) => { head: Head; turns: Turn[] } | null,
  ): Promise<void> {
    const shelf = await this.#shelf;
    await shelf.update(id, (kept) => change(kept && isHead(kept.head) ? kept.head : null, turnsIn(kept?.turns)));
    this.#tell(id);
  }

  #tell(id: string | null): void {
    this.#channel?.postMessage({ id });
    for (const heard of this.#listeners) heard(id);
  }

  #hear(message: unknown): void {
    const id = (message as { id?: unknown } | null)?.id;
    if (id !== null && typeof id !== "string") return;
    for (const heard of this.#listeners) heard(id);
  }
}

function fresh(id: string, question: string): Head {
  const title = question.replace(/\s+/g, " ").trim().slice(0, MAX_TITLE);
  return { id, title, named: false, pinned: false, updated: 0, questions: "" };
}

function about(turns: readonly Turn[]): Pick<Head, "updated" | "questions"> {
  return { updated: Date.now(), questions: turns.map((turn) => turn.question).join("\n") };
}

function isHead(value: unknown): value is Head {
  const head = value as Partial<Head> | null;
  return (
    typeof head?.id === "string" &&
    typeof head.title === "string" &&
    typeof head.questions === "string" &&
    typeof head.updated === "number"
  );
}

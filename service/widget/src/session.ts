// The running conversation: asks, takes what comes, and tells the views.

import type { Client } from "./api";
import { asked, failed, type Rating, rated, received, replaced, running, stopped, type Turn } from "./conversation";
import { failureOf } from "./failure";
import { request } from "./history";
import type { Storage } from "./storage";

export interface Listener {
  added(turn: Turn): void;
  changed(turn: Turn): void;
  cleared(): void;
}

export class Session {
  #turns: Turn[];
  #current: { id: string; abort: AbortController } | null = null;
  #listener: Listener | null = null;
  #saving = 0;

  constructor(
    readonly client: Client,
    private readonly storage: Storage,
  ) {
    this.#turns = storage.load();
  }

  get turns(): readonly Turn[] {
    return this.#turns;
  }

  get busy(): boolean {
    return this.#current !== null;
  }

  listen(listener: Listener): void {
    this.#listener = listener;
  }

  turn(id: string): Turn | undefined {
    return this.#turns.find((turn) => turn.id === id);
  }

  ask(question: string): void {
    if (this.busy) return;
    const turn = asked(identifier(), question);
    this.#turns = [...this.#turns, turn];
    this.#listener?.added(turn);
    this.#save();
    void this.#run(turn);
  }

  /** Ask a turn's question again, in its place. */
  retry(id: string): void {
    const turn = this.turn(id);
    if (!turn || this.busy) return;
    const again = asked(id, turn.question);
    this.#put(again);
    void this.#run(again);
  }

  stop(): void {
    this.#current?.abort.abort();
  }

  clear(): void {
    this.stop();
    this.#current = null;
    this.#turns = [];
    this.storage.clear();
    this.#listener?.cleared();
  }

  /** Save what has come of an answer when the page goes; an idle page must not write over another tab's conversation. */
  readonly keep = (): void => {
    if (this.busy) this.storage.save(this.#turns);
  };

  rate(id: string, rating: Rating | null): void {
    const turn = this.turn(id);
    if (turn) this.#put(rated(turn, rating));
    this.#save();
  }

  async #run(first: Turn): Promise<void> {
    let turn = first;
    const abort = new AbortController();
    const run = { id: turn.id, abort };
    this.#current = run;
    const before = this.#turns.slice(
      0,
      this.#turns.findIndex((other) => other.id === turn.id),
    );
    try {
      for await (const event of this.client.ask(request(turn.question, before), abort.signal)) {
        if (abort.signal.aborted) break;
        turn = received(turn, event);
        this.#put(turn);
      }
      if (abort.signal.aborted) turn = stopped(turn);
    } catch (error) {
      turn = abort.signal.aborted ? stopped(turn) : failed(turn, failureAfter(turn, error));
    }
    if (this.#current !== run) return; // a new chat has begun since
    this.#current = null;
    this.#put(turn);
    this.#save();
  }

  #put(turn: Turn): void {
    this.#turns = replaced(this.#turns, turn);
    this.#listener?.changed(turn);
  }

  // Saving waits for an idle moment, because writing a long conversation takes some milliseconds.
  #save(): void {
    clearTimeout(this.#saving);
    this.#saving = window.setTimeout(() => this.storage.save(this.#turns), 0);
  }
}

/** A connection lost after the answer began is a cut, whatever the browser calls it. */
function failureAfter(turn: Turn, error: unknown): Turn["failure"] & object {
  const failure = failureOf(error);
  return failure.kind === "network" && running(turn) && turn.answerId ? { kind: "cut" } : failure;
}

function identifier(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

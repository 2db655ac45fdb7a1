// The running conversation: asks, takes what comes, and tells the views.

import type { Client } from "./api";
import type { Archive } from "./archive";
import type { Memory } from "./choices";
import {
  asked,
  failed,
  type Rating,
  rated,
  received,
  replaced,
  running,
  shared,
  stopped,
  type Turn,
} from "./conversation";
import { failureOf } from "./failure";
import { request } from "./history";
import { turnsIn } from "./records";
import type { Signal } from "./signals";

export interface Listener {
  added(turn: Turn): void;
  changed(turn: Turn): void;
  /** Another conversation, or none, is there now. */
  opened(): void;
}

export class Session {
  #turns: Turn[] = [];
  #id = "";
  #current: { id: string; abort: AbortController } | null = null;
  #listener: Listener | null = null;
  #loaded: Promise<void> | null = null;
  #visited = "";
  /** Of what the service says itself, where a question has no language of its own. */
  language: "zh" | "en" | null = null;

  constructor(
    readonly client: Client,
    readonly archive: Archive,
    readonly memory: Memory,
    private readonly signal: Signal,
  ) {
    archive.listen((id) => void this.#elsewhere(id));
  }

  get id(): string {
    return this.#id;
  }

  /** The id of somebody else's answer, while that is shown. */
  get visited(): string {
    return this.#visited;
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

  /** Bring back the conversation of this tab, or the last one; once. */
  load(): Promise<void> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  async #load(): Promise<void> {
    try {
      await this.#recover();
      const id = this.memory.current || (await this.archive.heads())[0]?.id || identifier();
      this.#id = id;
      this.#turns = await this.archive.turns(id);
    } catch {
      this.#id ||= identifier();
    }
    this.memory.current = this.#id;
  }

  /** What a page that went away left in the middle, and what an earlier version kept. */
  async #recover(): Promise<void> {
    const { id, turn } = this.memory.left() as { id?: unknown; turn?: unknown };
    this.memory.leave(null);
    const [left] = turnsIn([turn]);
    if (typeof id === "string" && left) await this.archive.put(id, left);
    const earlier = turnsIn(this.memory.earlier());
    if (earlier.length) await this.archive.keep(identifier(), earlier);
  }

  ask(question: string): void {
    if (this.busy) return;
    if (this.#visited) this.#begin();
    const turn = asked(identifier(), question);
    this.#turns = [...this.#turns, turn];
    this.#listener?.added(turn);
    this.signal("ask", { id: turn.id, question });
    this.#keep(turn);
    void this.#run(turn);
  }

  /** What is asked about a shared answer makes it the beginning of a conversation. */
  #begin(): void {
    const turns = this.#turns.filter((turn) => !turn.failure);
    this.#become(identifier(), turns);
    void this.archive.keep(this.#id, turns).catch(() => undefined);
  }

  /** Ask a turn's question again, in its place; `alone` leaves out what was said before. */
  retry(id: string, alone = false): void {
    if (this.#visited) return void this.visit(this.#visited, true);
    const turn = this.turn(id);
    if (!turn || this.busy) return;
    const again = asked(id, turn.question, alone || turn.alone);
    this.#put(again);
    this.signal("ask", { id, question: turn.question });
    void this.#run(again);
  }

  /** Ask another question in the place of a turn: in a conversation of its own, which begins like this one. */
  async branch(id: string, question: string): Promise<void> {
    if (this.busy) return;
    const before = this.#turns.slice(
      0,
      this.#turns.findIndex((turn) => turn.id === id),
    );
    this.#become(identifier(), before);
    this.ask(question);
    await this.archive.keep(this.#id, [...this.#turns]).catch(() => undefined);
  }

  stop(): void {
    this.#current?.abort.abort();
  }

  /** Begin anew; what was said so far stays in the list of conversations. */
  fresh(): void {
    this.#leave();
    this.#become(identifier(), []);
  }

  async open(id: string): Promise<void> {
    if (id === this.#id) return;
    const turns = await this.archive.turns(id);
    this.#leave();
    this.#become(id, turns);
  }

  /** Show an answer that somebody else was given; nothing of it is kept until something is asked about it. */
  async visit(answerId: string, again = false): Promise<void> {
    if (answerId === this.#visited && !again) return;
    const id = identifier();
    const turn = await this.client.answer(answerId).then(
      (given) => shared(id, given),
      (error: unknown) => failed(asked(id, ""), failureOf(error)),
    );
    this.#leave();
    this.#id = identifier();
    this.#turns = [turn];
    this.#visited = answerId;
    this.#listener?.opened();
  }

  /** From somebody else's answer back to the reader's own conversation. */
  async back(): Promise<void> {
    if (this.#visited) await this.open(this.memory.current);
  }

  /** Leave what has come of an answer where a reload finds it, when the page goes. */
  readonly keep = (): void => {
    const turn = this.#current && this.turn(this.#current.id);
    if (turn) this.memory.leave(JSON.stringify({ id: this.#id, turn }));
  };

  rate(id: string, rating: Rating | null): void {
    const turn = this.turn(id);
    if (!turn) return;
    this.#put(rated(turn, rating));
    this.#keep(rated(turn, rating));
  }

  async #run(first: Turn): Promise<void> {
    let turn = first;
    const abort = new AbortController();
    const run = { id: turn.id, abort };
    const conversation = this.#id;
    this.#current = run;
    const at = this.#turns.findIndex((other) => other.id === turn.id);
    const before = turn.alone ? [] : this.#turns.slice(0, at);
    try {
      for await (const event of this.client.ask(request(turn.question, before, this.language), abort.signal)) {
        if (abort.signal.aborted) break;
        turn = received(turn, event);
        this.#put(turn);
      }
      if (abort.signal.aborted) turn = stopped(turn);
    } catch (error) {
      turn = abort.signal.aborted ? stopped(turn) : failed(turn, failureAfter(turn, error));
    }
    void this.archive.put(conversation, turn).catch(() => undefined);
    if (this.#current !== run) return; // another conversation has been opened since
    this.#current = null;
    this.#put(turn);
    this.#tell(turn);
  }

  #tell({ id, answerId, status, citations, failure, phase, text }: Turn): void {
    if (failure) this.signal("error", { id, kind: failure.kind });
    else if (phase === "done") this.signal("answer", { id, answerId, status, citations: citations.length, text });
  }

  #leave(): void {
    this.stop();
    this.#current = null;
  }

  #become(id: string, turns: Turn[]): void {
    this.#id = id;
    this.#turns = turns;
    this.#visited = "";
    this.memory.current = id;
    this.#listener?.opened();
  }

  /** Another tab, or another widget of this page, wrote: show it, unless an answer is coming. */
  async #elsewhere(id: string | null): Promise<void> {
    if (this.busy || (id !== null && id !== this.#id)) return;
    const turns = await this.archive.turns(this.#id).catch(() => this.#turns);
    // Read by the same schema, both have their fields in the same order.
    if (this.busy || JSON.stringify(turns) === JSON.stringify(turnsIn(this.#turns))) return;
    this.#turns = turns;
    this.#listener?.opened();
  }

  #put(turn: Turn): void {
    this.#turns = replaced(this.#turns, turn);
    this.#listener?.changed(turn);
  }

  #keep(turn: Turn): void {
    void this.archive.put(this.#id, turn).catch(() => undefined);
  }
}

/** A connection lost after the answer began is a cut, whatever the browser calls it. */
function failureAfter(turn: Turn, error: unknown): Turn["failure"] & object {
  const failure = failureOf(error);
  const lost = failure.kind === "network" || failure.kind === "silent";
  return lost && running(turn) && turn.answerId ? { kind: "cut" } : failure;
}

function identifier(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

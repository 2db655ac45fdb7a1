// Addresses of what is shown: #/outline, #/e/3.8, #/e/3.8/120-180 with a passage marked, #/a/a-6f1e2d3c4b5a for an answer;
// Back and Forward go through them.

export type Place =
  | { kind: "chat" }
  | { kind: "outline" }
  | { kind: "answer"; id: string }
  | { kind: "entry"; id: string; document: string; span: Span | null };

/** A passage of the entry's document, half-open, in code points. */
export interface Span {
  start: number;
  end: number;
}

const CHAT: Place = { kind: "chat" };
const ANSWER = /^#\/a\/([\w-]{1,100})$/;
const ENTRY = /^#\/e\/([^/?]+)(?:\/(\d+)-(\d+))?(?:\?document=(.*))?$/;

export function placeIn(hash: string): Place {
  if (hash === "#/outline") return { kind: "outline" };
  const answer = ANSWER.exec(hash)?.[1];
  if (answer) return { kind: "answer", id: answer };
  const [, id, start, end, document] = ENTRY.exec(hash) ?? [];
  if (!id) return CHAT;
  const span = start && end ? { start: Number(start), end: Number(end) } : null;
  return { kind: "entry", id: decoded(id), document: decoded(document ?? ""), span };
}

export function hashOf(place: Place): string {
  if (place.kind === "chat") return "";
  if (place.kind === "outline") return "#/outline";
  if (place.kind === "answer") return `#/a/${place.id}`;
  const span = place.span ? `/${place.span.start}-${place.span.end}` : "";
  const document = place.document ? `?document=${encodeURIComponent(place.document)}` : "";
  return `#/e/${encodeURIComponent(place.id)}${span}${document}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The page's address; in another site's page only where it asked for that. */
export class Address {
  #leave: (() => void) | null = null;
  #leaving = false; // what lay over it is gone, and its step is to be taken back
  #still = false; // and that is no way back to anything else

  constructor(
    private readonly own: boolean,
    private readonly server: string,
    private readonly go: (place: Place) => void,
  ) {
    if (own) addEventListener("popstate", this.#moved);
  }

  dispose(): void {
    removeEventListener("popstate", this.#moved);
  }

  get place(): Place {
    return this.own ? placeIn(location.hash) : CHAT;
  }

  /** The question that the address asks, once: a reload must not ask it again. */
  question(): string {
    if (!this.own) return "";
    const address = new URL(location.href);
    const question = address.searchParams.get("q")?.trim() ?? "";
    if (!question) return "";
    address.searchParams.delete("q");
    history.replaceState(history.state, "", address);
    return question;
  }

  /** Something lies over what is shown: Back takes it away, by `leave`, and goes nowhere. */
  cover(leave: () => void): void {
    if (!this.own || this.#leave) return;
    this.#leave = leave;
    this.#leaving = false;
    if (!this.#still && !covered()) step();
  }

  /** It was taken away by other means; what is shown next takes its step. */
  uncover(): void {
    if (!this.#leave) return;
    this.#leave = null;
    this.#leaving = true;
    queueMicrotask(() => {
      if (!this.#leaving || !covered()) return;
      this.#leaving = false;
      this.#still = true;
      history.back();
    });
  }

  /** Show where the reader is; going back to where they came from is a step back. */
  show(place: Place): void {
    const hash = hashOf(place);
    if (!this.own || hash === hashOf(this.place)) return;
    const base = place.kind === "chat" || place.kind === "answer";
    if (base && (history.state as State)?.outlineQA === place.kind) {
      history.back();
      return;
    }
    const state: State = { outlineQA: this.place.kind };
    const address = hash || location.pathname + location.search;
    this.#leaving = false;
    if (covered()) history.replaceState(state, "", address);
    else history.pushState(state, "", address);
  }

  /** A link to a place, on this page or on the service's own. */
  link(place: Place): string {
    return (this.own ? location.href.replace(/[#?].*$/, "") : `${this.server}/`) + hashOf(place);
  }

  readonly #moved = (): void => {
    const leave = this.#leave;
    if (this.#still) {
      this.#still = false;
      if (leave) step(); // something else lies over it by now
      return;
    }
    this.#leave = null;
    if (leave) leave();
    else this.go(this.place);
  };
}

/** A step that leads nowhere: Back takes it back. */
function step(): void {
  history.pushState({ ...(history.state as State), covered: true } satisfies State, "");
}

function covered(): boolean {
  return (history.state as State)?.covered === true;
}

/** Where the reader came from, and whether something was laid over it. */
type State = { outlineQA?: Place["kind"]; covered?: boolean } | null;

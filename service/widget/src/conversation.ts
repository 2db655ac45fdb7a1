// A conversation is a list of turns: a question and what came of it. Everything here is pure.

import type { AskEvent, Citation, Rating, Related, Status } from "./contract";
import type { Failure } from "./failure";

export type Phase = "waiting" | "streaming" | "done" | "stopped" | "failed";

export interface Turn {
  id: string;
  question: string;
  phase: Phase;
  text: string;
  citations: Citation[];
  answerId: string;
  status: Status | null;
  related: Related[];
  degraded: string | null;
  failure: Failure | null;
  rating: Rating | null;
}

export function asked(id: string, question: string): Turn {
  return {
    id,
    question,
    phase: "waiting",
    text: "",
    citations: [],
    answerId: "",
    status: null,
    related: [],
    degraded: null,
    failure: null,
    rating: null,
  };
}

export function running(turn: Turn): boolean {
  return turn.phase === "waiting" || turn.phase === "streaming";
}

export function received(turn: Turn, event: AskEvent): Turn {
  switch (event.kind) {
    case "meta":
      return { ...turn, answerId: event.id };
    case "sources":
      return turn;
    case "delta":
      return { ...turn, phase: "streaming", text: turn.text + event.text };
    case "citation":
      return { ...turn, citations: [...turn.citations, stored(event.citation)] };
    case "done": {
      const { id, status, answer, citations, related, degraded } = event.reply;
      return {
        ...turn,
        phase: "done",
        answerId: id,
        status,
        text: answer,
        citations: citations.map(stored),
        related,
        degraded,
      };
    }
  }
}

export function stopped(turn: Turn): Turn {
  return running(turn) ? { ...turn, phase: "stopped" } : turn;
}

export function failed(turn: Turn, failure: Failure): Turn {
  return { ...turn, phase: "failed", failure };
}

export function rated(turn: Turn, rating: Rating | null): Turn {
  return { ...turn, rating };
}

/** Put a turn in the place of the one with its id. */
export function replaced(turns: readonly Turn[], turn: Turn): Turn[] {
  return turns.map((other) => (other.id === turn.id ? turn : other));
}

// Only what is shown is kept, so that a long conversation fits into the browser's storage.
function stored({ n, document, start, end, entry_id, heading_path, quote }: Citation): Citation {
  return { n, document, start, end, entry_id, heading_path, quote };
}

// A conversation is a list of turns: a question and what came of it. Everything here is pure.

import type { AnswerEvent } from "./api";
import type { AskResponse, Citation, FeedbackRequest, Related, Term } from "./contract";
import type { Failure } from "./failure";
import type { Given } from "./replies";

export type Phase = "waiting" | "streaming" | "done" | "stopped" | "failed";

export type Status = AskResponse["status"];
export type Lack = AskResponse["lacks"][number];
export type Rating = Exclude<FeedbackRequest["rating"], "none">;

/** What is kept of a citation: only what is shown, so that a long conversation fits into the browser's storage. */
export type Quotation = Pick<Citation, "n" | "document" | "start" | "end" | "entry_id" | "heading_path" | "quote"> & {
  /** Of a PDF: none is one of another kind, or was kept by an earlier version of the widget. */
  pages?: Citation["pages"];
};

export interface Turn {
  id: string;
  question: string;
  phase: Phase;
  text: string;
  citations: Quotation[];
  answerId: string;
  status: Status | null;
  related: Related[];
  /** What else the cited section deals with, to be asked next. */
  further: string[];
  /** Some of the answer's, where it is in another language than the question, with what they are called in that. */
  terms: Term[];
  lacks: Lack[];
  failure: Failure | null;
  rating: Rating | null;
  /** Earlier questions that it was searched with. */
  carried: string[];
  /** Asked without what was said before. */
  alone: boolean;
  /** Somebody else's: when it was given, in milliseconds since 1970, and from which version of the documents. */
  shared: { created: number; version: string } | null;
}

export function asked(id: string, question: string, alone = false): Turn {
  return {
    id,
    question,
    alone,
    phase: "waiting",
    text: "",
    citations: [],
    answerId: "",
    status: null,
    related: [],
    further: [],
    terms: [],
    lacks: [],
    failure: null,
    rating: null,
    carried: [],
    shared: null,
  };
}

/** An answer that was shared, as a turn. */
export function shared(id: string, given: Given): Turn {
  const turn = received(asked(id, given.question), { event: "done", data: given });
  return { ...turn, shared: { created: given.created * 1000, version: given.index_version } };
}

export function running(turn: Turn): boolean {
  return turn.phase === "waiting" || turn.phase === "streaming";
}

export function received(turn: Turn, event: AnswerEvent): Turn {
  switch (event.event) {
    case "meta":
      return { ...turn, answerId: event.data.id };
    case "delta":
      return { ...turn, phase: "streaming", text: turn.text + event.data.text };
    case "citation":
      return { ...turn, citations: [...turn.citations, event.data] };
    case "done": {
      const { id, help, answer: text, citations, related, further, terms, lacks, carried } = event.data;
      // A greeting, or what can be asked here, is no refusal: nothing was searched.
      const status = help ? "answered" : event.data.status;
      return { ...turn, phase: "done", answerId: id, status, text, citations, related, further, terms, lacks, carried };
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

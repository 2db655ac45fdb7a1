// What a stored turn must be like: another script of the host's origin may have written it.

import { type Lack, running, type Turn } from "./conversation";

const PHASES: readonly unknown[] = ["waiting", "streaming", "done", "stopped", "failed"];
const STATUSES: readonly unknown[] = ["answered", "listed_unanswered", "not_in_documents", "declined", null];
const LACKS: readonly unknown[] = [
  "reranking",
  "model",
  "model_rest",
  "model_length",
  "other_words",
  "other_language",
] satisfies Lack[];

/** The turns in a stored value; one that was still running has stopped. */
export function turnsIn(value: unknown): Turn[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isTurn)
    .map((turn) => ({ ...turn, lacks: (turn.lacks ?? []).filter((lack) => LACKS.includes(lack)) }))
    .map((turn) => (running(turn) ? { ...turn, phase: "stopped" } : turn));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTurn(value: unknown): value is Turn {
  return (
    isObject(value) &&
    [value.id, value.question, value.text, value.answerId].every((text) => typeof text === "string") &&
    PHASES.includes(value.phase) &&
    STATUSES.includes(value.status) &&
    Array.isArray(value.citations) &&
    value.citations.every(isCitation) &&
    Array.isArray(value.related) &&
    value.related.every(isRelated) &&
    (value.rating === null || typeof value.rating === "string") &&
    (value.lacks === undefined || Array.isArray(value.lacks)) &&
    (value.failure === null || (isObject(value.failure) && typeof value.failure.kind === "string"))
  );
}

function isCitation(value: unknown): boolean {
  return (
    isObject(value) &&
    [value.n, value.start, value.end].every((number) => typeof number === "number") &&
    [value.document, value.quote].every((text) => typeof text === "string") &&
    (value.entry_id === null || typeof value.entry_id === "string") &&
    Array.isArray(value.heading_path) &&
    value.heading_path.every((heading) => typeof heading === "string")
  );
}

function isRelated(value: unknown): boolean {
  return (
    isObject(value) &&
    [value.entry_id, value.question].every((text) => typeof text === "string") &&
    typeof value.stars === "number" &&
    value.stars >= 0 &&
    value.stars <= 5 &&
    typeof value.answered === "boolean"
  );
}

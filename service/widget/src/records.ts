// What a stored turn must be like: another script of the host's origin may have written it.

import * as v from "valibot";
import { running, type Turn } from "./conversation";
import type { Failure } from "./failure";
import { citation, lacks, related, status, terms } from "./replies";

const text = v.string();
const failure = v.custom<Failure>((value) => typeof (value as Partial<Failure> | null)?.kind === "string");
const turn: v.GenericSchema<unknown, Turn> = v.object({
  id: text,
  question: text,
  phase: v.picklist(["waiting", "streaming", "done", "stopped", "failed"]),
  text,
  citations: v.array(citation),
  answerId: text,
  status: v.nullable(status),
  related: v.array(related),
  further: v.optional(v.array(text), []),
  terms,
  lacks,
  failure: v.nullable(failure),
  rating: v.fallback(v.nullable(v.picklist(["up", "down"])), null),
  carried: v.optional(v.array(text), []),
  alone: v.optional(v.boolean(), false),
  shared: v.optional(v.nullable(v.object({ created: v.number(), version: text })), null),
});

/** The turns in a stored value; one that was still running has stopped. */
export function turnsIn(value: unknown): Turn[] {
  if (!Array.isArray(value)) return [];
  return value
    .map((each) => v.safeParse(turn, each))
    .flatMap(({ success, output }) => (success ? [output] : []))
    .map((each) => (running(each) ? { ...each, phase: "stopped" } : each));
}

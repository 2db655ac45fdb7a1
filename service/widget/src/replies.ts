// What the replies of the service must be like, as far as the widget reads them. A service of another version, or a proxy's
// page in its place, is told at once instead of failing somewhere in a view. Fields and codes that are new pass.

import * as v from "valibot";
import type { AskResponse, DocumentResponse, EntryResponse, Related, Speech, Term } from "./contract";
import type { Lack, Quotation, Status } from "./conversation";
import { ApiError } from "./failure";

type Schema<T> = v.GenericSchema<unknown, T>;

const LACKS = [
  "reranking",
  "model",
  "model_rest",
  "model_length",
  "other_words",
  "other_language",
] as const satisfies Lack[];
const text = v.string();
const texts = v.array(text);
const place = { document: text, start: v.number(), end: v.number() };
const optional = v.optional(v.nullable(text), null);

const pages = v.array(
  v.object({ page: v.number(), boxes: v.array(v.array(v.number())), ocr: v.optional(v.boolean(), false) }),
);

export const status: Schema<Status> = v.picklist(["answered", "listed_unanswered", "not_in_documents", "declined"]);

export const citation: Schema<Quotation> = v.object({
  ...place,
  n: v.number(),
  entry_id: optional,
  heading_path: texts,
  quote: text,
  pages: v.optional(v.fallback(pages, [])),
});

const mark = v.pipe(v.number(), v.minValue(0), v.maxValue(5));
export const related: Schema<Related> = v.object({
  entry_id: text,
  document: v.optional(text, ""),
  question: text,
  stars: mark,
  answered: v.boolean(),
});

/** Codes that this version can say; others are passed over. */
export const lacks: Schema<Lack[]> = v.pipe(
  v.optional(v.array(v.unknown()), []),
  v.transform((codes) => LACKS.filter((code) => codes.includes(code))),
);

/** Terms of an answer, with what they are called in the language of the question. */
export const terms: Schema<Term[]> = v.optional(v.array(v.object({ term: text, other: text })), []);

const whole = {
  id: text,
  status,
  answer: text,
  citations: v.array(citation),
  related: v.array(related),
  lacks,
  carried: v.optional(texts, []),
  help: v.optional(v.boolean(), false),
  further: v.optional(texts, []),
  terms,
  index_version: v.optional(text, ""),
};
export type Whole = Pick<AskResponse, Exclude<keyof typeof whole, "citations">> & { citations: Quotation[] };

export const answer: Schema<Whole> = v.object(whole);
export type Given = Whole & { question: string; created: number };
export const given: Schema<Given> = v.object({ ...whole, question: text, created: v.number() });
export const begun = v.object({ id: text });
export const piece = v.object({ text });

const speech: Schema<Speech> = v.object({ name: text, about: text, questions: texts });
const spoken = v.record(text, speech);
export const first = v.object({ speech: spoken, questions: texts, index_version: text });

const line = { id: text, question: text, stars: mark, answered: v.boolean(), number: v.number() };
const section = v.object({ number: v.number(), title: text, document: text, entries: v.array(v.object(line)) });
export const outline = v.object({ sections: v.array(section) });
export const entry: Schema<EntryResponse> = v.object({
  ...place,
  ...line,
  section: v.number(),
  section_title: text,
  text,
});
export const part: Schema<Omit<DocumentResponse, "index_version">> = v.object({ ...place, text, length: v.number() });
export const found = v.object({ results: v.array(v.object({ document: text, entry_id: optional })) });
export const token = v.object({ token: text, expires_in: v.number() });

/** Read a reply; one that is none of ours is a failure that says so. */
export function checked<T>(schema: Schema<T>, value: unknown): T {
  const { success, output } = v.safeParse(schema, value);
  if (!success) throw new ApiError({ kind: "garbled" });
  return output;
}

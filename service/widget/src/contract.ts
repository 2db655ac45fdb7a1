// Generated from the OpenAPI document by `make contract`: change the models in service/api instead.

/** A server-sent event of /v1/ask; `data` is sent as JSON. */
export type AskEvent = MetaEvent | SourcesEvent | DeltaEvent | CitationEvent | DoneEvent | ErrorEvent;

export interface AskRequest {
  question: string;
  /** Earlier messages, oldest first. */
  history?: Turn[];
  session_id?: string | null;
  filters?: Filters | null;
  /** Answer as server-sent events. */
  stream?: boolean;
  /** Of what the service says itself. */
  language?: "auto" | "zh" | "en";
}

/** The whole answer, with its citations. */
export interface AskResponse {
  id: string;
  status: "answered" | "listed_unanswered" | "not_in_documents" | "declined";
  /** Markdown with [n] marks. */
  answer: string;
  citations: Citation[];
  related: Related[];
  generator: string;
  /** What was missing, in one sentence. */
  degraded: string | null;
  /** What was missing, as codes. */
  lacks: ("reranking" | "model" | "model_rest" | "model_length" | "other_words" | "other_language")[];
  /** Why, by code; empty for an answer that all parts had a share in. */
  degraded_codes: ("reranker_late" | "reranker_failed" | "reranker_invalid" | "writer_unreachable" | "writer_refused" | "writer_no_model" | "writer_failed" | "writer_slow" | "writer_stalled" | "writer_broken" | "writer_context" | "writer_length" | "writer_empty" | "writer_unsupported" | "writer_mostly_unsupported")[];
  /** The service speaks of itself: a greeting, thanks, what can be asked; nothing was searched. */
  help: boolean;
  /** What else the cited section deals with, by its headings: to ask next. */
  further: string[];
  /** Terms of an answer in another language than the question's, with their names in that. */
  terms: Term[];
  index_version: string;
  timings_ms: Record<string, number>;
  /** The question as searched. */
  query: string;
  /** Earlier questions that a follow-up was searched with, oldest first. */
  carried: string[];
}

/** Checked support for the sentences marked [n]: quote == document[start:end]. */
export interface Citation {
  document: string;
  start: number;
  end: number;
  /** Of a PDF: what is extracted from these boxes is the text. */
  pages: PageBoxes[];
  /** Of slides, workbooks, notebooks, books and web pages. */
  parts: FilePart[];
  n: number;
  chunk_id: string;
  entry_id: string | null;
  heading_path: string[];
  quote: string;
  support: number;
  /** Where the same passage stands too. */
  also_at: Passage[];
}

/** A citation, after the text that has its mark. */
export interface CitationEvent {
  event: "citation";
  data: Citation;
}

/** A piece of the answer's Markdown. */
export interface Delta {
  /** What is said next. */
  text: string;
}

/** More of the text. */
export interface DeltaEvent {
  event: "delta";
  data: Delta;
}

/** document[start:end]; `length` is that of the whole document in code points. */
export interface DocumentResponse {
  document: string;
  start: number;
  end: number;
  text: string;
  length: number;
  index_version: string;
}

export interface DocumentsResponse {
  index_version: string | null;
  passages: number;
  /** In the order of their names. */
  documents: IndexedDocument[];
  /** Files that were seen and not read, each with the reason. */
  skipped: LeftOut[];
  /** Suffixes of what is read. */
  formats: string[];
}

/** The last event: the whole answer. */
export interface DoneEvent {
  event: "done";
  data: AskResponse;
}

/** One entry; `text` is document[start:end], its line included. */
export interface EntryResponse {
  document: string;
  start: number;
  end: number;
  id: string;
  number: number;
  question: string;
  stars: number;
  /** False: listed without an answer. */
  answered: boolean;
  section: number;
  section_title: string;
  text: string;
}

/** The last event, where the service failed. */
export interface ErrorEvent {
  event: "error";
  data: Problem;
}

export interface FeedbackRequest {
  answer_id: string;
  /** `none` takes a rating back. */
  rating: "up" | "down" | "none";
  comment?: string | null;
}

/** A part of a file that is neither Markdown nor PDF: a slide, cells, an anchor. */
export interface FilePart {
  kind: "slide" | "sheet" | "cell" | "anchor" | "chapter";
  /** A number, `sheet!cells`, or the anchor's id. */
  name: string;
}

/** Restrict the search; several filters must all hold. */
export interface Filters {
  /** Section numbers. */
  sections?: number[] | null;
  /** At least so many stars. */
  min_stars?: number | null;
  documents?: string[] | null;
  /** Only entries with, or without, an answer. */
  answered?: boolean | null;
  /** Documents whose front matter has one of these tags. */
  tags?: string[] | null;
  /** Documents whose front matter has this date or a later one. */
  since?: string | null;
  /** The same, or an earlier one. */
  until?: string | null;
}

/** An answer as it was given, to be read again. */
export interface GivenAnswer {
  id: string;
  status: "answered" | "listed_unanswered" | "not_in_documents" | "declined";
  /** Markdown with [n] marks. */
  answer: string;
  citations: Citation[];
  related: Related[];
  generator: string;
  /** What was missing, in one sentence. */
  degraded: string | null;
  /** What was missing, as codes. */
  lacks: ("reranking" | "model" | "model_rest" | "model_length" | "other_words" | "other_language")[];
  /** Why, by code; empty for an answer that all parts had a share in. */
  degraded_codes: ("reranker_late" | "reranker_failed" | "reranker_invalid" | "writer_unreachable" | "writer_refused" | "writer_no_model" | "writer_failed" | "writer_slow" | "writer_stalled" | "writer_broken" | "writer_context" | "writer_length" | "writer_empty" | "writer_unsupported" | "writer_mostly_unsupported")[];
  /** The service speaks of itself: a greeting, thanks, what can be asked; nothing was searched. */
  help: boolean;
  /** What else the cited section deals with, by its headings: to ask next. */
  further: string[];
  /** Terms of an answer in another language than the question's, with their names in that. */
  terms: Term[];
  index_version: string;
  timings_ms: Record<string, number>;
  /** The question as searched. */
  query: string;
  /** Earlier questions that a follow-up was searched with, oldest first. */
  carried: string[];
  /** As asked; personal data is masked. */
  question: string;
  /** When, in seconds since 1970. */
  created: number;
}

/** A document of the index in use. */
export interface IndexedDocument {
  name: string;
  /** It came over HTTP, and can be replaced and removed so. */
  uploaded: boolean;
  /** Of an uploaded file. */
  bytes: number | null;
  /** Of its text. */
  characters: number;
  /** That can be found. */
  passages: number;
  /** What of it could not be read as it is. */
  warnings: string[];
}

/** What a job did to one file. */
export interface JobFileResponse {
  name: string;
  /** Refused: as it was before, or not there. */
  state: "waiting" | "indexed" | "unchanged" | "duplicate" | "refused" | "removed";
  /** Why it was refused, or what it says the same as. */
  reason: string;
  /** That can be found. */
  passages: number;
  /** What of it could not be read. */
  warnings: string[];
}

/** A change of what is indexed: uploads, removals, or everything looked at again. */
export interface JobResponse {
  id: string;
  kind: "upload" | "remove" | "refresh";
  who: string;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  /** UTC. */
  created: string;
  /** When it was begun, the last time. */
  started: string | null;
  /** When it was done, failed or was cancelled. */
  ended: string | null;
  /** What is being done now: wait, check, fetch, read, chunk, embed … */
  stage: string;
  /** Of `total`, in this stage. */
  done: number;
  total: number;
  /** Why it failed, and what to do. */
  error: string;
  /** Of the index that it made. */
  version: string;
  /** Each that came, was removed, or was in an archive. */
  files: JobFileResponse[];
}

export interface JobsResponse {
  /** The newest first. */
  jobs: JobResponse[];
}

export interface LeftOut {
  name: string;
  reason: string;
}

/** What is known when an answer begins. */
export interface Meta {
  id: string;
  index_version: string;
  /** Planned; the whole answer says what happened. */
  generator: string;
}

/** The first event of a streamed answer. */
export interface MetaEvent {
  event: "meta";
  data: Meta;
}

export interface OutlineEntry {
  id: string;
  number: number;
  question: string;
  stars: number;
  /** False: listed without an answer. */
  answered: boolean;
}

export interface OutlineResponse {
  speech: Record<string, Speech>;
  index_version: string;
  /** In the document's order. */
  sections: OutlineSection[];
  /** All there are, those without entries too. */
  documents: string[];
}

export interface OutlineSection {
  number: number;
  title: string;
  document: string;
  /** In the document's order. */
  entries: OutlineEntry[];
}

/** Where a text stands on a page of a PDF. */
export interface PageBoxes {
  /** From 1. */
  page: number;
  /** [x0, y0, x1, y1] in points, from the top left of the page as it is shown, in reading order. */
  boxes: number[][];
  /** The text was recognised in a picture. */
  ocr: boolean;
}

/** Text of a document, and where it stands in the file that it was read from. */
export interface Passage {
  document: string;
  start: number;
  end: number;
  /** Of a PDF: what is extracted from these boxes is the text. */
  pages: PageBoxes[];
  /** Of slides, workbooks, notebooks, books and web pages. */
  parts: FilePart[];
}

/** An RFC 9457 problem document. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail: string;
  request_id?: string | null;
  errors?: Record<string, string>[] | null;
  /** The same as OpenAI's clients read it; on their routes alone. */
  error?: Record<string, string | null> | null;
}

/** Another entry worth reading; document and entry_id together name it. */
export interface Related {
  entry_id: string;
  document: string;
  question: string;
  stars: number;
  answered: boolean;
}

/** A passage found; `bm25_rank` and `dense_rank` start at 1. */
export interface Result {
  document: string;
  start: number;
  end: number;
  /** Of a PDF: what is extracted from these boxes is the text. */
  pages: PageBoxes[];
  /** Of slides, workbooks, notebooks, books and web pages. */
  parts: FilePart[];
  chunk_id: string;
  entry_id: string | null;
  heading_path: string[];
  text: string;
  score: number;
  bm25_rank: number | null;
  dense_rank: number | null;
  rerank_score: number | null;
  stars: number | null;
  /** False: listed without an answer. */
  answered: boolean | null;
  /** Where the same passage stands too. */
  also_at: Passage[];
}

export interface SearchRequest {
  query: string;
  /** Earlier messages, oldest first. */
  history?: Turn[];
  /** Results wanted. */
  k?: number;
  filters?: Filters | null;
}

export interface SearchResponse {
  /** As searched, rewritten when there is history. */
  query: string;
  index_version: string;
  timings_ms: Record<string, number>;
  results: Result[];
  /** What was missing, in one sentence. */
  degraded: string | null;
  /** What was missing, by code. */
  degraded_codes: ("reranker_late" | "reranker_failed" | "reranker_invalid" | "writer_unreachable" | "writer_refused" | "writer_no_model" | "writer_failed" | "writer_slow" | "writer_stalled" | "writer_broken" | "writer_context" | "writer_length" | "writer_empty" | "writer_unsupported" | "writer_mostly_unsupported")[];
}

/** A passage that the answer is written from. */
export interface Source {
  document: string;
  start: number;
  end: number;
  chunk_id: string;
  entry_id: string | null;
  heading_path: string[];
  text: string;
}

/** The passages that the answer is written from. */
export interface Sources {
  sources: Source[];
}

/** The passages in use; a second one replaces the first. */
export interface SourcesEvent {
  event: "sources";
  data: Sources;
}

/** How a page speaks of the documents, in one language. */
export interface Speech {
  /** What they are called. */
  name: string;
  /** Their subject; empty where none is known. */
  about: string;
  /** To begin with. */
  questions: string[];
}

/** A term of an answer, and what it is called in the language of the question. */
export interface Term {
  term: string;
  other: string;
}

export interface TokenResponse {
  /** For `Authorization: Bearer`. */
  token: string;
  /** Seconds that it is valid. */
  expires_in: number;
}

/** One message of the conversation so far. */
export interface Turn {
  role: "user" | "assistant";
  content: string;
}

/** What the widget shows before anything is asked. */
export interface WidgetResponse {
  speech: Record<string, Speech>;
  /** Of answered entries, to begin with where a speech has none. */
  questions: string[];
  index_version: string;
}

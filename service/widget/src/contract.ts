// The part of the HTTP contract that the widget uses.

export type Status = "answered" | "listed_unanswered" | "not_in_documents" | "declined";
export type Rating = "up" | "down";

/** Half-open, in code points of the document. */
export interface Place {
  document: string;
  start: number;
  end: number;
}

export interface Citation extends Place {
  n: number;
  entry_id: string | null;
  heading_path: string[];
  quote: string;
}

export interface Related {
  entry_id: string;
  question: string;
  stars: number;
  answered: boolean;
}

export interface AskReply {
  id: string;
  status: Status;
  answer: string;
  citations: Citation[];
  related: Related[];
  degraded: string | null;
}

export interface HistoryMessage {
  role: "user" | "assistant";
  content: string;
}

export interface AskRequest {
  question: string;
  history: HistoryMessage[];
  stream: true;
  language: "auto";
}

export type AskEvent =
  | { kind: "meta"; id: string }
  | { kind: "sources" }
  | { kind: "delta"; text: string }
  | { kind: "citation"; citation: Citation }
  | { kind: "done"; reply: AskReply };

export interface OutlineEntry {
  id: string;
  number: number;
  question: string;
  stars: number;
  answered: boolean;
}

export interface OutlineSection {
  number: number;
  title: string;
  document: string;
  entries: OutlineEntry[];
}

export interface Outline {
  index_version: string;
  sections: OutlineSection[];
}

export interface Entry extends OutlineEntry, Place {
  section: number;
  section_title: string;
  text: string;
}

export interface DocumentPart extends Place {
  text: string;
  length: number;
}

export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
}

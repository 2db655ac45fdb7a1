// The client of the service: every call the widget makes.

import type { AskRequest, EntryResponse, FeedbackRequest, Problem } from "./contract";
import type { Quotation } from "./conversation";
import { readEvents, type ServerEvent } from "./events";
import { ApiError, retryAfter } from "./failure";
import { hint } from "./hint";
import type { EntryKey } from "./outline";
import * as replies from "./replies";
import { Token } from "./token";

// The service answers at once that it has begun, and then sends a comment every 15 s: a longer silence means that the
// connection is dead.
const SILENCE_MS = 20_000;
const FOUND = 20;
// The problem of one visitor who asks too fast; another 429 says that the service is full.
const HASTY = "urn:outline-qa:problem:too-many-questions";

/** An event of an answer, as far as it is shown; one that says what failed is thrown. */
export type AnswerEvent =
  | { event: "meta"; data: { id: string } }
  | { event: "delta"; data: { text: string } }
  | { event: "citation"; data: Quotation }
  | { event: "done"; data: replies.Whole };

type Schema<T> = Parameters<typeof replies.checked<T>>[0];
type Output<S> = S extends Schema<infer T> ? T : never;
type First = Output<typeof replies.first>;
export type Outline = Output<typeof replies.outline>;
export type Found = Output<typeof replies.found>["results"];
type Part = Output<typeof replies.part>;

export class Client {
  readonly #token: Token;
  #first: Promise<First> | null = null;
  #outline: Promise<Outline> | null = null;
  readonly #lengths = new Map<string, Promise<number>>();

  constructor(readonly server: string) {
    this.#token = new Token(server);
  }

  /** A question is being written: what it will need of the service is made ready. */
  expectQuestion(): void {
    this.#token.freshen();
  }

  /** Ask and yield the events. Aborting the signal closes the connection, which stops the service. */
  async *ask(request: AskRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    const connection = new AbortController();
    const stop = (): void => connection.abort();
    const lose = (kind: "silent" | "offline"): void => connection.abort(new ApiError({ kind }));
    const offline = (): void => lose("offline");
    signal.addEventListener("abort", stop);
    addEventListener("offline", offline);
    let silence = 0;
    const heard = (): void => {
      clearTimeout(silence);
      silence = window.setTimeout(() => lose("silent"), SILENCE_MS);
    };
    try {
      heard();
      const response = await this.#call("/v1/ask", connection.signal, request);
      if (!response.body) throw new ApiError({ kind: "cut" });
      for await (const event of readEvents(response.body, heard)) {
        const known = askEvent(event);
        if (known) yield known;
        if (known?.event === "done") return;
      }
      throw new ApiError({ kind: "cut" });
    } finally {
      clearTimeout(silence);
      removeEventListener("offline", offline);
      signal.removeEventListener("abort", stop);
      stop();
    }
  }

  /** What to show before anything is asked; fetched once, and again after a failure. */
  first(): Promise<First> {
    this.#first ??= this.#json("/v1/widget", replies.first).catch((error: unknown) => {
      this.#first = null;
      throw error;
    });
    return this.#first;
  }

  /** The table of contents; fetched once, and again after a failure. */
  outline(): Promise<Outline> {
    this.#outline ??= this.#json("/v1/outline", replies.outline).catch((error: unknown) => {
      this.#outline = null;
      throw error;
    });
    return this.#outline;
  }

  /** An entry by its document and id; without a document the first that has such an id. */
  entry({ id, document }: EntryKey): Promise<EntryResponse> {
    const where = document ? `?document=${encodeURIComponent(document)}` : "";
    return this.#json(`/v1/entries/${encodeURIComponent(id)}${where}`, replies.entry);
  }

  /** An answer that was given, to whomever. */
  async answer(id: string): Promise<replies.Given> {
    try {
      return await this.#json(`/v1/answers/${encodeURIComponent(id)}`, replies.given);
    } catch (error) {
      const failure = error instanceof ApiError ? error.failure : null;
      if (failure?.kind === "problem" && failure.status === 404)
        throw new ApiError({ kind: "forgotten" }, { cause: error });
      throw error;
    }
  }

  /** The passages that come nearest to some words. */
  async search(query: string, signal: AbortSignal): Promise<Found> {
    const response = await this.#call("/v1/search", signal, { query, k: FOUND });
    return (await read(response, replies.found)).results;
  }

  /** The place with so many code points around it, as far as the document reaches. */
  async around(document: string, start: number, end: number, margin: number): Promise<Part> {
    const length = await this.#length(document);
    return this.#part(document, Math.max(0, Math.min(start, length) - margin), Math.min(length, end + margin));
  }

  /** The file that a document was read from; null where it is not kept. */
  async original(document: string): Promise<ArrayBuffer | null> {
    try {
      return await (await this.#call(`/v1/originals/${pathOf(document)}`)).arrayBuffer();
    } catch (error) {
      if (error instanceof ApiError && error.failure.kind === "problem" && error.failure.status === 404) return null;
      throw error;
    }
  }

  async feedback(body: FeedbackRequest): Promise<void> {
    await this.#call("/v1/feedback", undefined, body);
  }

  // The service refuses an end beyond the document's, so its length is asked for first.
  #length(document: string): Promise<number> {
    const known = this.#lengths.get(document);
    if (known !== undefined) return known;
    const asked = this.#part(document, 0, 0).then((part) => part.length);
    asked.catch(() => this.#lengths.delete(document));
    this.#lengths.set(document, asked);
    return asked;
  }

  #part(document: string, start: number, end: number): Promise<Part> {
    return this.#json(`/v1/documents/${pathOf(document)}?start=${start}&end=${end}`, replies.part);
  }

  async #json<T>(path: string, schema: Schema<T>): Promise<T> {
    return read(await this.#call(path), schema);
  }

  async #call(path: string, signal?: AbortSignal, body?: object): Promise<Response> {
    let response = await this.#send(path, await this.#token.get(), signal, body);
    if (response.status === 401) response = await this.#send(path, await this.#token.get(), signal, body);
    if (!response.ok) throw new ApiError(await failureIn(response));
    return response;
  }

  async #send(path: string, token: string, signal?: AbortSignal, body?: object): Promise<Response> {
    const response = await fetch(this.server + path, {
      method: body ? "POST" : "GET",
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body && { "Content-Type": "application/json" }),
      },
      body: body ? JSON.stringify(body) : null,
      credentials: "omit",
      ...(signal && { signal }),
    });
    if (response.status === 401) this.#token.drop(token);
    return response;
  }
}

function pathOf(document: string): string {
  return document.split("/").map(encodeURIComponent).join("/");
}

async function read<T>(response: Response, schema: Schema<T>): Promise<T> {
  return replies.checked(schema, await response.json().catch(() => null));
}

async function failureIn(response: Response): Promise<ApiError["failure"]> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  if (response.status === 429) {
    const kind = problem.type === HASTY ? "hasty" : "busy";
    return { kind, retryAfter: retryAfter(response.headers.get("Retry-After")) };
  }
  const detail = problem.detail ?? problem.title ?? "";
  if (response.status !== 401) return { kind: "problem", status: response.status, detail };
  // Keys are the owner's business: a visitor is told whom to ask, the console why.
  hint(detail);
  return { kind: "locked" };
}

/** Read one event of an answer; unknown kinds are skipped, since the service may add some. */
export function askEvent({ event, data }: ServerEvent): AnswerEvent | null {
  switch (event) {
    case "meta":
      return { event, data: replies.checked(replies.begun, parsed(data)) };
    case "delta":
      return { event, data: replies.checked(replies.piece, parsed(data)) };
    case "citation":
      return { event, data: replies.checked(replies.citation, parsed(data)) };
    case "done":
      return { event, data: replies.checked(replies.answer, parsed(data)) };
    case "error": {
      const problem = (parsed(data) ?? {}) as Partial<Problem>;
      throw new ApiError({ kind: "problem", status: problem.status ?? 500, detail: problem.detail ?? "" });
    }
    default:
      return null;
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

// The client of the service: every call the widget makes.

import type {
  AskEvent,
  AskRequest,
  DocumentResponse,
  EntryResponse,
  ErrorEvent,
  FeedbackRequest,
  OutlineResponse,
  Problem,
  Result,
  SearchResponse,
  WidgetResponse,
} from "./contract";
import { readEvents, type ServerEvent } from "./events";
import { ApiError, retryAfter } from "./failure";
import type { EntryKey } from "./outline";
import { Token } from "./token";

// The service answers at once that it has begun, and then sends a comment every 15 s: a longer silence means that the
// connection is dead.
const SILENCE_MS = 20_000;
const FOUND = 20;
// The problem of one visitor who asks too fast; another 429 says that the service is full.
const HASTY = "urn:outline-qa:problem:too-many-questions";

/** An event of an answer; one that says what failed is thrown. */
export type AnswerEvent = Exclude<AskEvent, ErrorEvent>;

export class Client {
  readonly #token: Token;
  #first: Promise<WidgetResponse> | null = null;
  #outline: Promise<OutlineResponse> | null = null;
  readonly #lengths = new Map<string, Promise<number>>();

  constructor(readonly server: string) {
    this.#token = new Token(server);
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
        const parsed = askEvent(event);
        if (parsed) yield parsed;
        if (parsed?.event === "done") return;
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
  first(): Promise<WidgetResponse> {
    this.#first ??= this.#json<WidgetResponse>("/v1/widget").catch((error: unknown) => {
      this.#first = null;
      throw error;
    });
    return this.#first;
  }

  /** The table of contents; fetched once, and again after a failure. */
  outline(): Promise<OutlineResponse> {
    this.#outline ??= this.#json<OutlineResponse>("/v1/outline").catch((error: unknown) => {
      this.#outline = null;
      throw error;
    });
    return this.#outline;
  }

  /** An entry by its document and id; without a document the first that has such an id. */
  entry({ id, document }: EntryKey): Promise<EntryResponse> {
    const where = document ? `?document=${encodeURIComponent(document)}` : "";
    return this.#json(`/v1/entries/${encodeURIComponent(id)}${where}`);
  }

  /** The passages that come nearest to some words. */
  async search(query: string, signal: AbortSignal): Promise<Result[]> {
    const response = await this.#call("/v1/search", signal, { query, k: FOUND });
    return ((await response.json()) as SearchResponse).results;
  }

  /** The place with so many code points around it, as far as the document reaches. */
  async around(document: string, start: number, end: number, margin: number): Promise<DocumentResponse> {
    const length = await this.#length(document);
    return this.#part(document, Math.max(0, Math.min(start, length) - margin), Math.min(length, end + margin));
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

  #part(document: string, start: number, end: number): Promise<DocumentResponse> {
    const name = document.split("/").map(encodeURIComponent).join("/");
    return this.#json(`/v1/documents/${name}?start=${start}&end=${end}`);
  }

  async #json<T>(path: string): Promise<T> {
    const response = await this.#call(path);
    return (await response.json()) as T;
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

async function failureIn(response: Response): Promise<ApiError["failure"]> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  if (response.status === 429) {
    const kind = problem.type === HASTY ? "hasty" : "busy";
    return { kind, retryAfter: retryAfter(response.headers.get("Retry-After")) };
  }
  return { kind: "problem", status: response.status, detail: problem.detail ?? problem.title ?? "" };
}

/** Read one event of an answer; unknown kinds are skipped, since the service may add some. */
export function askEvent({ event, data }: ServerEvent): AnswerEvent | null {
  switch (event) {
    case "meta":
    case "sources":
    case "delta":
    case "citation":
    case "done":
      return { event, data: JSON.parse(data) };
    case "error": {
      const problem = JSON.parse(data) as Partial<Problem>;
      throw new ApiError({ kind: "problem", status: problem.status ?? 500, detail: problem.detail ?? "" });
    }
    default:
      return null;
  }
}

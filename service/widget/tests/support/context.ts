// A conversation over a service whose replies a test gives, and what the views share.

import { vi } from "vitest";
import { Address } from "../../src/address";
import { Client } from "../../src/api";
import { Archive } from "../../src/archive";
import { Memory } from "../../src/choices";
import { Session } from "../../src/session";
import { MemoryShelf } from "../../src/shelf";
import { textIn } from "../../src/text";
import type { Context } from "../../src/views/context";

export const SERVER = "http://host.test";
export const DONE = {
  id: "a-1",
  status: "answered",
  answer: "它省显存 [1]。",
  citations: [
    { n: 1, document: "d.md", start: 3, end: 9, entry_id: "5.4", heading_path: ["5. 微调", "QLoRA"], quote: "省显存" },
  ],
  related: [],
  further: [],
  terms: [],
  lacks: [],
  carried: [],
  index_version: "v1",
};

type Reply = (path: string, init: RequestInit) => Response;

/** Answer every request; a path that `reply` leaves is what any page asks first. */
export function serve(reply: (path: string, init: RequestInit) => Response | null): [string, RequestInit][] {
  const calls: [string, RequestInit][] = [];
  const first: Reply = () => Response.json({ speech: {}, questions: ["一？", "二？"], index_version: "v1" });
  vi.stubGlobal("fetch", (address: string, init: RequestInit = {}) => {
    const path = String(address).replace(SERVER, "");
    calls.push([path, init]);
    if (path === "/v1/token") return Promise.resolve(Response.json({ token: "t", expires_in: 900 }));
    return Promise.resolve(
      reply(path, init) ?? (path === "/v1/widget" ? first(path, init) : new Response("", { status: 404 })),
    );
  });
  return calls;
}

export function stream(...events: [string, unknown][]): Response {
  return new Response(events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(""));
}

/** What views share, in English; what they ask of the whole is noted. */
export async function context(changes: Partial<Context> = {}): Promise<Context & { asked: unknown[][] }> {
  const text = await textIn("en");
  const session = new Session(
    new Client(SERVER),
    new Archive(SERVER, new MemoryShelf()),
    new Memory(SERVER),
    () => undefined,
  );
  const asked: unknown[][] = [];
  const note =
    (name: string) =>
    (...given: unknown[]): void =>
      void asked.push([name, ...given]);
  return {
    asked,
    client: session.client,
    session,
    text,
    signal: () => undefined,
    address: new Address(false, SERVER, () => undefined),
    voice: false,
    ask: note("ask"),
    write: note("write"),
    edit: note("edit"),
    retry: note("retry"),
    read: note("read"),
    show: note("show"),
    browse: note("browse"),
    announce: note("announce"),
    ...changes,
  };
}

export function by(root: ParentNode, test: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(`[data-test="${test}"]`);
  if (!found) throw new Error(`there is no ${test}`);
  return found;
}

export function all(root: ParentNode, test: string): HTMLElement[] {
  return Array.from(root.querySelectorAll<HTMLElement>(`[data-test="${test}"]`));
}

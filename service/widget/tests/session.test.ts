import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Client } from "../src/api";
import { Archive } from "../src/archive";
import { Memory } from "../src/choices";
import { retryAfter } from "../src/failure";
import { Session } from "../src/session";
import { MemoryShelf } from "../src/shelf";
import type { Signal } from "../src/signals";

type Handler = (url: string, init: RequestInit) => Response | Promise<Response>;

const DONE = { id: "a-1", status: "answered", answer: "答 [1]", citations: [], related: [], lacks: [] };
let told: [string, object][] = [];
const tell: Signal = (name, detail) => told.push([name, detail]);
let calls: [string, RequestInit][] = [];

function serve(handler: Handler): void {
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    calls.push([url, init]);
    if (!url.endsWith("/v1/token")) init.signal?.throwIfAborted();
    return await handler(url, init);
  });
}

const token = (value = "t1"): Response => Response.json({ token: value, expires_in: 300 });

function stream(...events: [string, unknown][]): Response {
  return new Response(events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(""));
}

function start(): Session {
  return over(new Archive("https://host", new MemoryShelf()));
}

const over = (archive: Archive): Session =>
  new Session(new Client("https://host"), archive, new Memory("https://host"), tell);

const settled = (session: Session): Promise<void> => vi.waitFor(() => expect(session.busy).toBe(false));

beforeEach(() => {
  calls = [];
  told = [];
  localStorage.clear();
  sessionStorage.clear();
});
afterEach(() => vi.unstubAllGlobals());

test("an answer arrives, and the follow-up brings it along", async () => {
  serve((url) =>
    url.endsWith("token") ? token() : stream(["meta", { id: "a-1" }], ["delta", { text: "答" }], ["done", DONE]),
  );
  const session = start();
  session.ask("问");
  await settled(session);
  expect(session.turns[0]).toMatchObject({ phase: "done", text: "答 [1]", status: "answered", answerId: "a-1" });
  session.ask("再问");
  await settled(session);
  const asked = calls.filter(([url]) => url.endsWith("/v1/ask"));
  expect(JSON.parse(asked[1]?.[1].body as string).history).toEqual([
    { role: "user", content: "问" },
    { role: "assistant", content: "答 [1]" },
  ]);
  expect(new Headers(asked[1]?.[1].headers).get("Authorization")).toBe("Bearer t1");
  expect(calls.filter(([url]) => url.endsWith("token"))).toHaveLength(1);
});

test("a refused token is renewed once", async () => {
  let issued = 0;
  serve((url, init) => {
    if (url.endsWith("token")) return token(`t${++issued}`);
    const given = new Headers(init.headers).get("Authorization");
    return given === "Bearer t2" ? stream(["done", DONE]) : new Response("", { status: 401 });
  });
  const session = start();
  session.ask("问");
  await settled(session);
  expect(session.turns[0]?.phase).toBe("done");
  expect(issued).toBe(2);
});

test("a token that has ended is renewed while a question is written, and asked for once", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  let refused = false;
  serve((url) => {
    if (!url.endsWith("token")) return stream(["done", DONE]);
    return refused ? new Response("{}", { status: 500 }) : token();
  });
  const tokens = (): number => calls.filter(([url]) => url.endsWith("token")).length;
  const session = start();
  session.client.expectQuestion();
  expect(tokens()).toBe(0); // the first is fetched by who needs it
  session.ask("问");
  await settled(session);
  session.client.expectQuestion();
  expect(tokens()).toBe(1); // it is still good
  vi.setSystemTime(Date.now() + 301_000);
  for (let i = 0; i < 3; i++) session.client.expectQuestion();
  expect(tokens()).toBe(2);
  await vi.waitFor(() => expect(calls).toHaveLength(3));
  session.ask("再问");
  await settled(session);
  expect([tokens(), session.turns[1]?.phase]).toEqual([2, "done"]);
  refused = true;
  vi.setSystemTime(Date.now() + 301_000);
  session.client.expectQuestion();
  await new Promise((resolve) => setTimeout(resolve, 20));
  session.client.expectQuestion();
  expect(tokens()).toBe(3); // not at every letter
  vi.useRealTimers();
});

test.each<[string, Handler, object]>([
  ["a site that is not allowed", () => new Response("", { status: 403 }), { kind: "forbidden" }],
  [
    "too many questions",
    (url) => (url.endsWith("token") ? token() : new Response("{}", { status: 429, headers: { "Retry-After": "7" } })),
    { kind: "busy", retryAfter: 7 },
  ],
  [
    "one who asks too fast",
    (url) => {
      if (url.endsWith("token")) return token();
      const type = "urn:outline-qa:problem:too-many-questions";
      return Response.json({ type }, { status: 429, headers: { "Retry-After": "15" } });
    },
    { kind: "hasty", retryAfter: 15 },
  ],
  [
    "a problem document",
    (url) =>
      url.endsWith("token") ? token() : Response.json({ status: 422, title: "x", detail: "d" }, { status: 422 }),
    { kind: "problem", status: 422, detail: "d" },
  ],
  [
    "a key that is missing",
    (url) => (url.endsWith("token") ? token() : Response.json({ detail: "no key" }, { status: 401 })),
    { kind: "locked" },
  ],
  [
    "a proxy's page in the place of an event",
    (url) => (url.endsWith("token") ? token() : new Response("event: done\ndata: <html>\n\n")),
    { kind: "garbled" },
  ],
  [
    "a reply of another version",
    (url) => (url.endsWith("token") ? token() : stream(["done", { ...DONE, citations: "none" }])),
    { kind: "garbled" },
  ],
  ["a service that is gone", () => Promise.reject(new TypeError("Failed to fetch")), { kind: "network" }],
  [
    "an end before done",
    (url) => (url.endsWith("token") ? token() : stream(["meta", { id: "a" }], ["delta", { text: "半" }])),
    { kind: "cut" },
  ],
])("%s is told apart", async (_name, handler, failure) => {
  serve(handler);
  const session = start();
  session.ask("问");
  await settled(session);
  expect(session.turns[0]).toMatchObject({ phase: "failed", failure });
});

test("stop closes the connection and keeps what came", async () => {
  let cancelled = false;
  serve((url, init) => {
    if (url.endsWith("token")) return token();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('event: delta\ndata: {"text":"半句"}\n\n'));
        init.signal?.addEventListener("abort", () => {
          cancelled = true;
          controller.error(new DOMException("aborted", "AbortError"));
        });
      },
    });
    return new Response(body);
  });
  const session = start();
  session.ask("问");
  await vi.waitFor(() => expect(session.turns[0]?.text).toBe("半句"));
  session.stop();
  await settled(session);
  expect(cancelled).toBe(true);
  expect(session.turns[0]).toMatchObject({ phase: "stopped", text: "半句", failure: null });
});

test("a new chat is not touched by the answer before it", async () => {
  serve((url) => (url.endsWith("token") ? token() : stream(["delta", { text: "旧" }], ["done", DONE])));
  const session = start();
  session.ask("旧");
  const first = session.id;
  session.fresh();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(session.turns).toEqual([]);
  await session.open(first);
  expect(session.turns[0]?.question).toBe("旧"); // and is still in the list
});

test("retry asks again in place, with only what came before", async () => {
  let failing = true;
  serve((url) =>
    url.endsWith("token") ? token() : failing ? new Response("{}", { status: 500 }) : stream(["done", DONE]),
  );
  const session = start();
  session.ask("问");
  await settled(session);
  failing = false;
  session.retry(session.turns[0]?.id ?? "");
  await settled(session);
  expect(session.turns).toHaveLength(1);
  expect(session.turns[0]).toMatchObject({ phase: "done", failure: null });
});

test("what a follow-up leans on can be left out", async () => {
  serve((url) => (url.endsWith("token") ? token() : stream(["done", { ...DONE, carried: ["一"] }])));
  const session = start();
  for (const question of ["一", "它呢？"]) {
    session.ask(question);
    await settled(session);
  }
  const id = session.turns[1]?.id ?? "";
  expect(session.turn(id)?.carried).toEqual(["一"]);
  session.retry(id, true);
  await settled(session);
  session.retry(id);
  await settled(session);
  const bodies = calls.filter(([url]) => url.endsWith("/v1/ask")).map(([, init]) => JSON.parse(init.body as string));
  expect(bodies.map(({ history }) => history.length)).toEqual([0, 2, 0, 0]);
});

test("somebody else's answer is shown, and begins a conversation when something is asked about it", async () => {
  const given = { ...DONE, question: "别人问的", created: 1_764_374_400, index_version: "3f0c" };
  serve((url) => {
    if (url.endsWith("token")) return token();
    if (url.endsWith("/v1/answers/a-1")) return Response.json(given);
    return url.includes("/v1/answers/") ? Response.json({}, { status: 404 }) : stream(["done", DONE]);
  });
  const archive = new Archive("https://host", new MemoryShelf());
  const session = over(archive);
  await session.load();
  session.ask("自己问的");
  await settled(session);
  const own = session.id;
  await session.visit("a-9");
  expect(session.turns).toMatchObject([{ question: "", failure: { kind: "forgotten" } }]);
  await session.visit("a-1");
  expect(session.turns).toMatchObject([
    { question: "别人问的", shared: { created: 1_764_374_400_000, version: "3f0c" } },
  ]);
  expect(await archive.heads()).toHaveLength(1);
  await session.back();
  expect([session.id, session.visited, session.turns[0]?.question]).toEqual([own, "", "自己问的"]);
  await session.visit("a-1");
  session.ask("再问");
  await settled(session);
  expect(session.visited).toBe("");
  await vi.waitFor(async () => expect(await archive.turns(session.id)).toHaveLength(2));
  const last = calls.findLast(([url]) => url.endsWith("/v1/ask"))?.[1].body as string;
  expect(JSON.parse(last).history[0]).toEqual({ role: "user", content: "别人问的" });
});

test("another question in the place of one begins a conversation of its own", async () => {
  serve((url) => (url.endsWith("token") ? token() : stream(["done", DONE])));
  const archive = new Archive("https://host", new MemoryShelf());
  const session = over(archive);
  await session.load();
  for (const question of ["一", "二"]) {
    session.ask(question);
    await settled(session);
  }
  const first = session.id;
  await session.branch(session.turns[1]?.id ?? "", "另");
  await settled(session);
  const asked = (turns: readonly { question: string }[]): string[] => turns.map(({ question }) => question);
  expect(asked(session.turns)).toEqual(["一", "另"]);
  await vi.waitFor(async () => expect(asked(await archive.turns(session.id))).toEqual(["一", "另"]));
  expect(asked(await archive.turns(first))).toEqual(["一", "二"]);
});

test("another tab's turn is shown, and a conversation deleted there is gone here", async () => {
  serve((url) => (url.endsWith("token") ? token() : stream(["done", DONE])));
  const shelf = new MemoryShelf();
  const here = new Archive("https://host", shelf);
  const there = new Archive("https://host", shelf);
  const session = over(here);
  await session.load();
  session.ask("一");
  await settled(session);
  await vi.waitFor(async () => expect(await there.turns(session.id)).toHaveLength(1));
  const [turn] = await there.turns(session.id);
  await there.put(session.id, { ...(turn as NonNullable<typeof turn>), id: "other", question: "二" });
  await vi.waitFor(() => expect(session.turns.map(({ question }) => question)).toEqual(["一", "二"]));
  await there.remove(session.id);
  await vi.waitFor(() => expect(session.turns).toEqual([]));
});

test("the page is told what happens", async () => {
  serve((url) => (url.endsWith("token") ? token() : stream(["done", DONE])));
  const session = start();
  session.ask("问");
  await settled(session);
  const id = session.turns[0]?.id;
  expect(told).toEqual([
    ["ask", { id, question: "问" }],
    ["answer", { id, answerId: "a-1", status: "answered", citations: 0, text: "答 [1]" }],
  ]);
});

test("a question that is in no language is answered in that of the interface", async () => {
  serve((url) => (url.endsWith("token") ? token() : stream(["done", DONE])));
  const session = start();
  session.language = "zh";
  for (const question of ["LoRA", "What is LoRA?"]) {
    session.ask(question);
    await settled(session);
  }
  const bodies = calls.filter(([url]) => url.endsWith("/v1/ask")).map(([, init]) => JSON.parse(init.body as string));
  expect(bodies.map(({ language }) => language)).toEqual(["zh", "auto"]);
});

test("Retry-After is seconds or a date", () => {
  expect(retryAfter("7")).toBe(7);
  expect(retryAfter("Thu, 01 Jan 1970 00:00:09 GMT", 4000)).toBe(5);
  expect(retryAfter(null)).toBe(5);
  expect(retryAfter("-3")).toBe(1);
  expect(retryAfter("99999")).toBe(600);
});

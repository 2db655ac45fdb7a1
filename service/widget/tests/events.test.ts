import { describe, expect, test } from "vitest";
import { askEvent } from "../src/api";
import { EventParser, readEvents, type ServerEvent } from "../src/events";
import type { ApiError } from "../src/failure";

function parse(...pieces: string[]): ServerEvent[] {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

async function read(bytes: Uint8Array, size: number): Promise<ServerEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let i = 0; i < bytes.length; i += size) controller.enqueue(bytes.slice(i, i + size));
      controller.close();
    },
  });
  const found: ServerEvent[] = [];
  for await (const event of readEvents(body)) found.push(event);
  return found;
}

describe("the parser", () => {
  test.each([
    ["LF", "\n"],
    ["CR", "\r"],
    ["CRLF", "\r\n"],
  ])("takes %s as the end of a line", (_name, end) => {
    const text = ["event: delta", "id: a.1", "data: x", "", "data: y", "", ""].join(end);
    expect(parse(text)).toEqual([
      { event: "delta", data: "x", id: "a.1" },
      { event: "message", data: "y", id: "a.1" },
    ]);
  });

  test("takes a CRLF split between two pieces as one end", () => {
    expect(parse("data: a\r", "\ndata: b\r", "\n\r", "\n")).toEqual([{ event: "message", data: "a\nb", id: "" }]);
    expect(parse("data: a\r", "", "\n\r\n")).toHaveLength(1);
  });

  test("joins data lines, and takes one space off each", () => {
    expect(parse("data:a\ndata:  b\ndata\n\n")[0]?.data).toBe("a\n b\n");
  });

  test("skips comments, unknown fields and events without data", () => {
    expect(parse(": ping\n\nretry: 10\nfoo: bar\n\nevent: meta\n\ndata: x\n\n")).toEqual([
      { event: "message", data: "x", id: "" },
    ]);
  });

  test("keeps the last id, and ignores one with a NUL", () => {
    const ids = parse("id: 7\ndata: a\n\ndata: b\n\nid: 8\0\ndata: c\n\nid\ndata: d\n\n").map((event) => event.id);
    expect(ids).toEqual(["7", "7", "7", ""]);
  });

  test("drops an event that the end cuts off", () => {
    expect(parse("data: whole\n\ndata: cut")).toHaveLength(1);
    expect(parse("data: whole\n\ndata: cut\n")).toHaveLength(1);
  });

  test("gives the same events one character at a time", () => {
    const text = ': c\r\nevent: delta\r\ndata: {"text":"a:b"}\r\n\r\nevent: done\ndata: 1\ndata: 2\n\n';
    expect(parse(...text)).toEqual(parse(text));
    expect(parse(text).map((event) => event.event)).toEqual(["delta", "done"]);
  });
});

describe("a body", () => {
  const bytes = new TextEncoder().encode("\uFEFFevent: delta\ndata: 量化🙂\n\n");

  test.each([1, 2, 3, 5, 1000])("may be cut inside a character: pieces of %i bytes", async (size) => {
    expect(await read(bytes, size)).toEqual([{ event: "delta", data: "量化🙂", id: "" }]);
  });

  test("reports each piece as a sign of life", async () => {
    let heard = 0;
    const body = new Response(bytes).body as ReadableStream<Uint8Array>;
    for await (const _event of readEvents(body, () => heard++));
    expect(heard).toBeGreaterThan(0);
  });
});

describe("an answer's event", () => {
  test("is read by its kind; unknown kinds are skipped", () => {
    expect(askEvent({ event: "delta", data: '{"text":"a"}', id: "" })).toEqual({
      event: "delta",
      data: { text: "a" },
    });
    expect(askEvent({ event: "later", data: "{}", id: "" })).toBeNull();
  });

  test("that says error becomes one", () => {
    const event = { event: "error", data: '{"status":500,"title":"x","detail":"the log has the id"}', id: "" };
    try {
      askEvent(event);
      expect.unreachable();
    } catch (error) {
      expect((error as ApiError).failure).toEqual({ kind: "problem", status: 500, detail: "the log has the id" });
    }
  });
});

import { expect, test } from "vitest";
import { asked, type Turn } from "../src/conversation";
import { request } from "../src/history";

function turn(question: string, text: string): Turn {
  return { ...asked(question, question), phase: "done", text };
}

function size(value: object): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

test("turns become pairs of messages, oldest first", () => {
  expect(request("三", [turn("一", "答一"), turn("二", "答二")])).toEqual({
    question: "三",
    stream: true,
    language: "auto",
    history: [
      { role: "user", content: "一" },
      { role: "assistant", content: "答一" },
      { role: "user", content: "二" },
      { role: "assistant", content: "答二" },
    ],
  });
});

test("a turn that brought nothing is left out; a stopped one is kept", () => {
  const stopped: Turn = { ...turn("二", "半"), phase: "stopped" };
  expect(request("三", [turn("一", ""), stopped]).history.map((message) => message.content)).toEqual(["二", "半"]);
});

test("at most 50 messages are sent, the newest", () => {
  const { history } = request(
    "q",
    Array.from({ length: 40 }, (_, i) => turn(`q${i}`, `a${i}`)),
  );
  expect(history).toHaveLength(50);
  expect(history[0]).toEqual({ role: "user", content: "q15" });
  expect(history.at(-1)?.content).toBe("a39");
});

test("a message is cut at 20,000 characters, not inside an emoji", () => {
  const { history } = request("q", [turn("问", "🙂".repeat(10_001) + "x".repeat(20_000))]);
  const content = history[1]?.content ?? "";
  expect(Array.from(content)).toHaveLength(20_000);
  expect(() => encodeURIComponent(content)).not.toThrow();
});

test("the body stays under 64 KiB in UTF-8, whatever the text", () => {
  for (const character of ["量", "🙂", '"', "\n", "\u0001"]) {
    const turns = Array.from({ length: 25 }, (_, i) => turn(`${i}`, character.repeat(3_000)));
    const body = request(character.repeat(2000), turns);
    expect(size(body)).toBeLessThan(64 * 1024);
    expect(body.history[0]?.role).toBe("user");
    expect(body.history.at(-1)?.content).toBe(turns.at(-1)?.text);
  }
});

test("one answer too large for the body leaves the question alone", () => {
  const body = request("q", [turn("旧", "量".repeat(20_000)), turn("新", "\u0001".repeat(20_000))]);
  expect(body.history).toEqual([]);
});

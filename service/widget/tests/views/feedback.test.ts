import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { asked, received, type Turn } from "../../src/conversation";
import { Feedback } from "../../src/views/feedback";
import { furnish } from "../support/browser";
import { by, context, DONE, serve } from "../support/context";

interface Said {
  rating: string;
  comment: string | null;
}

beforeAll(furnish);
beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const turn: Turn = received(asked("t-1", "什么是 QLoRA？"), { event: "done", data: DONE as never });

/** A rated answer's feedback, and what the service is told of it in turn. */
async function rated(): Promise<{ feedback: Feedback; told: Said[] }> {
  const told: Said[] = [];
  serve((path, init) => {
    if (!path.endsWith("/feedback")) return null;
    told.push(JSON.parse(String(init.body)) as Said);
    return new Response(null, { status: 204 });
  });
  const feedback = new Feedback(await context());
  feedback.update(turn);
  document.body.replaceChildren(...feedback.buttons, feedback.below);
  return { feedback, told };
}

function write(feedback: Feedback, text: string): void {
  (by(feedback.below, "feedback-comment") as HTMLTextAreaElement).value = text;
  by(feedback.below, "feedback-send").click();
}

test("a comment that is sent at once is not taken back by its rating", async () => {
  const { feedback, told } = await rated();
  feedback.buttons[1]?.click();
  write(feedback, "unclear");
  await vi.advanceTimersByTimeAsync(2000);
  expect(told.map(({ rating, comment }) => [rating, comment])).toEqual([["down", "unclear"]]);
});

test("a comment comes after the rating that is under way", async () => {
  const { feedback, told } = await rated();
  feedback.buttons[0]?.click();
  await vi.advanceTimersByTimeAsync(500);
  write(feedback, "clear");
  await vi.advanceTimersByTimeAsync(2000);
  expect(told.map(({ rating, comment }) => [rating, comment])).toEqual([
    ["up", null],
    ["up", "clear"],
  ]);
});

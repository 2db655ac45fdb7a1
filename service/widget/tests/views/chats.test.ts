import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { asked } from "../../src/conversation";
import { Chats } from "../../src/views/chats";
import type { Context } from "../../src/views/context";
import { furnish } from "../support/browser";
import { all, by, context } from "../support/context";

beforeAll(furnish);
let opened: Chats | null = null;
afterEach(() => {
  opened?.dispose();
  document.body.replaceChildren();
});

async function listed(shared: Context, count: number): Promise<Chats> {
  for (let i = 0; i < count; i++)
    await shared.session.archive.put(`talk-${i}`, { ...asked(`t-${i}`, `题 ${i}`), phase: "done" });
  const chats = new Chats(
    shared,
    () => undefined,
    () => undefined,
  );
  const columns = document.createElement("div");
  const host = document.createElement("div");
  host.attachShadow({ mode: "open" }).append(columns);
  document.body.append(host);
  chats.join(columns);
  opened = chats;
  await chats.show();
  return chats;
}

const titles = (chats: Chats): (string | null)[] =>
  Array.from(chats.element.querySelectorAll(".chat-title"), (title) => title.textContent);

test("a long list shows a screen at once and all of it soon", async () => {
  const chats = await listed(await context(), 100);
  expect(titles(chats)).toHaveLength(16);
  await vi.waitFor(() => expect(titles(chats)).toHaveLength(100), 10_000);
  const search = by(chats.element, "chats-search") as HTMLInputElement;
  search.value = "题 77";
  search.dispatchEvent(new Event("input"));
  expect(titles(chats)).toEqual(["题 77"]);
  search.value = "题 999";
  search.dispatchEvent(new Event("input"));
  expect(by(chats.element, "chats").textContent).toBe("No conversation matches.");
});

test("what is pinned stands first, what is deleted can be brought back", async () => {
  const shared = await context();
  const chats = await listed(shared, 3);
  (chats.element.querySelector('[data-id="talk-0"] [data-test=chat-pin]') as HTMLElement).click();
  await vi.waitFor(() => expect(titles(chats)[0]).toBe("题 0"));
  (chats.element.querySelector('[data-id="talk-1"] [data-test=chat-remove]') as HTMLElement).click();
  await vi.waitFor(() => expect(titles(chats)).not.toContain("题 1"));
  by(chats.element, "chat-undo").click();
  await vi.waitFor(() => expect(titles(chats)).toContain("题 1"));
});

test("all are deleted at the second press alone", async () => {
  const shared = await context();
  const chats = await listed(shared, 2);
  by(chats.element, "chats-clear").click();
  expect(by(chats.element, "chats-clear").textContent).toBe("Press again to delete all");
  expect(await shared.session.archive.heads()).toHaveLength(2);
  by(chats.element, "chats-clear").click();
  await vi.waitFor(async () => expect(await shared.session.archive.heads()).toEqual([]));
  await vi.waitFor(() => expect(all(chats.element, "chat-open")).toEqual([]));
});

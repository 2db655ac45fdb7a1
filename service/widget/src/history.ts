// What is sent of the conversation so far.

import type { AskRequest, Turn as Message } from "./contract";
import type { Turn } from "./conversation";
import { spoken } from "./text";

const MAX_MESSAGES = 50;
const MAX_CHARACTERS = 20_000;
// The service refuses a body over 64 KiB; the rest is room for what a proxy may add.
const MAX_BYTES = 63 * 1024;

/** Build the request, leaving out the oldest messages that do not fit. */
export function request(
  question: string,
  turns: readonly Turn[],
  interfaceLanguage: "zh" | "en" | null = null,
): AskRequest & { history: Message[] } {
  // A name is in no language: the service then answers in that of the interface.
  const language = (spoken(question) ? null : interfaceLanguage) ?? "auto";
  const body: AskRequest = { question, history: [], stream: true, language };
  let spent = bytes(body);
  const history: Message[] = [];
  for (const message of messages(turns).slice(-MAX_MESSAGES).reverse()) {
    spent += bytes(message) + 1;
    if (spent > MAX_BYTES) break;
    history.unshift(message);
  }
  // An answer without its question would be read as the start of the conversation.
  while (history[0]?.role === "assistant") history.shift();
  return { ...body, history };
}

function messages(turns: readonly Turn[]): Message[] {
  return turns.flatMap((turn): Message[] => {
    if (!turn.text) return [];
    return [
      { role: "user", content: cut(turn.question) },
      { role: "assistant", content: cut(turn.text) },
    ];
  });
}

function cut(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  return Array.from(text).slice(0, MAX_CHARACTERS).join("");
}

function bytes(value: object): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

// Asks through the AI SDK's own chat transport and reader, as useChat does, and prints the message that it makes.
import { DefaultChatTransport, readUIMessageStream } from "ai";

const [url, question] = process.argv.slice(2);
const transport = new DefaultChatTransport({ api: `${url}/v1/ask?format=ai-sdk` });
const stream = await transport.sendMessages({
  trigger: "submit-message",
  chatId: "c1",
  messageId: undefined,
  messages: [{ id: "m1", role: "user", parts: [{ type: "text", text: question }] }],
  abortSignal: undefined,
});
let message;
for await (message of readUIMessageStream({ stream }));
process.stdout.write(JSON.stringify(message));

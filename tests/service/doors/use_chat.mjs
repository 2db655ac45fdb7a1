// Asks through the AI SDK's React hook, in a page of jsdom, and prints the message that the hook gives.
import { JSDOM } from "jsdom";

const [url, question] = process.argv.slice(2);
const { window } = new JSDOM("<main></main>");
Object.assign(globalThis, { window, document: window.document });
const { createElement, useEffect } = await import("react");
const { createRoot } = await import("react-dom/client");
const { useChat } = await import("@ai-sdk/react");
const { DefaultChatTransport } = await import("ai");

const transport = new DefaultChatTransport({ api: `${url}/v1/ask?format=ai-sdk` });

function Chat() {
  const { messages, sendMessage, status, error } = useChat({ transport });
  useEffect(() => void sendMessage({ text: question }), []);
  useEffect(() => {
    if (error) throw error;
    if (status === "ready" && messages.length === 2) {
      process.stdout.write(JSON.stringify(messages[1]), () => process.exit(0));
    }
  }, [status, messages, error]);
  return messages.map((message) => createElement("p", { key: message.id }, message.role));
}

createRoot(window.document.querySelector("main")).render(createElement(Chat));

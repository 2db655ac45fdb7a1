import type { OutlineQA as Element } from "outline-qa-widget";
import { OutlineQA } from "outline-qa-widget/react";
import { useRef, useState } from "react";
import { createRoot } from "react-dom/client";

// Where your service is; ?server= is for trying it out.
const SERVER = new URLSearchParams(location.search).get("server") ?? "http://127.0.0.1:8000";

function Page() {
  const chat = useRef<Element>(null);
  const [open, setOpen] = useState(false);
  const [last, setLast] = useState("");
  return (
    <main>
      <h1>A course</h1>
      <button type="button" onClick={() => setOpen(!open)}>
        {open ? "Close the chat" : "Open the chat"}
      </button>
      <button type="button" onClick={() => void chat.current?.ask("What is LoRA?", { submit: true })}>
        What is LoRA?
      </button>
      <p id="last">{last}</p>
      <OutlineQA
        ref={chat}
        server={SERVER}
        lang="en"
        accent="#2f6b52"
        open={open}
        suggestions="What is LoRA?|What is RLHF?"
        onOpen={() => setOpen(true)}
        onClose={() => setOpen(false)}
        onAnswer={({ detail }) => setLast(`${detail.status}, ${detail.citations} citations`)}
      />
    </main>
  );
}

createRoot(document.getElementById("app") as HTMLElement).render(<Page />);

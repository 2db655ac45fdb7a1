// The page of those who look after the documents: upload, jobs, what the index holds, and a question to try.

import type { JobResponse } from "../contract";
import * as api from "./api";
import { button, element } from "./build";
import { chinese, text } from "./texts";
import { type Acts, answerView, holdings, jobList } from "./views";

const BUSY = 700; // milliseconds between looks while something is done
const QUIET = 5000;

const main = document.querySelector("main") as HTMLElement;
document.documentElement.lang = chinese ? "zh-CN" : "en";
document.title = `${text.title} · Outline QA`;

const notice = element("p", { className: "bad", role: "alert" });
const jobs = element("div", { ariaLive: "polite" });
const held = element("div");
let version: string | null = null;
let timer = 0;

const acts: Acts = {
  cancel: (id) => act(() => api.cancel(id)),
  retry: (id) => act(() => api.retry(id)),
  remove: (name) => act(() => api.remove(name)),
};

if (api.key()) page();
else door();

/** Ask for the key. */
function door(told = ""): void {
  clearTimeout(timer);
  const input = element("input", { type: "password", placeholder: text.key, ariaLabel: text.key, autocomplete: "off" });
  const form = element(
    "form",
    {
      className: "row",
      onsubmit: (event) => {
        event.preventDefault();
        api.keep(input.value.trim());
        page();
      },
    },
    input,
    element("button", { className: "main" }, text.open),
  );
  notice.textContent = told;
  main.replaceChildren(head(), form, notice, element("p", { className: "muted" }, text.keyNote));
  input.focus();
}

function page(): void {
  notice.textContent = "";
  version = null;
  const leave = button(text.leave, () => {
    api.keep("");
    door();
  });
  main.replaceChildren(
    element("div", { className: "row" }, head(), leave),
    notice,
    element("h2", {}, text.add),
    dropper(),
    element(
      "div",
      { className: "row" },
      element("h2", {}, text.jobs),
      button(text.again, () => act(api.refresh), "quiet"),
    ),
    jobs,
    element("h2", {}, text.ask),
    questioner(),
    element("h2", {}, text.holds),
    held,
  );
  void look();
}

function head(): HTMLElement {
  return element("header", {}, element("h1", {}, text.title), element("p", { className: "muted" }, text.lead));
}

const formats = element("p", { className: "muted" });

function dropper(): HTMLElement {
  const input = element("input", { type: "file", multiple: true, hidden: true });
  const sending = element("p", { className: "muted", ariaLive: "polite" });
  const send = async (files: readonly File[]) => {
    if (!files.length) return;
    await act(() => api.upload(files, (share) => (sending.textContent = text.sending(Math.round(share * 100)))));
    sending.textContent = input.value = "";
  };
  input.onchange = () => void send([...(input.files ?? [])]);
  const area = element(
    "div",
    { className: "drop" },
    element(
      "p",
      {},
      `${text.drop} `,
      button(text.choose, () => input.click(), "main"),
    ),
    input,
    sending,
    formats,
  );
  area.ondragover = (event) => {
    event.preventDefault();
    area.classList.add("over");
  };
  area.ondragleave = () => area.classList.remove("over");
  area.ondrop = (event) => {
    event.preventDefault();
    area.classList.remove("over");
    void send([...(event.dataTransfer?.files ?? [])]);
  };
  return area;
}

function questioner(): HTMLElement {
  const input = element("input", { placeholder: text.question, ariaLabel: text.question, maxLength: 2000 });
  const answer = element("div", { ariaLive: "polite" });
  const form = element("form", { className: "row" }, input, element("button", { className: "main" }, text.send));
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (!input.value.trim()) return;
    answer.replaceChildren(element("p", { className: "muted" }, text.asking));
    try {
      answer.replaceChildren(answerView(await api.ask(input.value.trim())));
    } catch (error) {
      answer.replaceChildren(element("p", { className: "bad" }, text.failed(message(error))));
    }
  };
  return element("div", {}, form, answer);
}

/** Do what was asked for, say what went wrong, and show what came of it. */
async function act(does: () => Promise<JobResponse>): Promise<void> {
  notice.textContent = "";
  try {
    await does();
  } catch (error) {
    fail(error);
  }
  await look();
}

/** Show the jobs, and the documents where another index is in use. */
async function look(): Promise<void> {
  clearTimeout(timer);
  try {
    const listed = await api.jobs();
    const focused = jobs.contains(document.activeElement) ? document.activeElement?.id : undefined;
    jobs.replaceChildren(...jobList(listed.jobs, acts));
    if (focused) document.getElementById(focused)?.focus();
    const documents = await api.documents();
    formats.textContent = text.formats + documents.formats.join(" ");
    if (documents.index_version !== version || !held.hasChildNodes()) {
      version = documents.index_version;
      held.replaceChildren(...holdings(documents, acts));
    }
    const busy = listed.jobs.some((job) => job.state === "waiting" || job.state === "running");
    timer = window.setTimeout(look, busy ? BUSY : QUIET);
  } catch (error) {
    fail(error);
    if (api.key()) timer = window.setTimeout(look, QUIET);
  }
}

function fail(error: unknown): void {
  if (error instanceof api.RefusedError && (error.status === 401 || error.status === 403)) {
    api.keep("");
    door(text.failed(error.message));
  } else {
    notice.textContent = text.failed(message(error));
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// What the page shows of jobs, of the index and of an answer.

import type { AskResponse, DocumentsResponse, JobResponse } from "../contract";
import { button, element, table } from "./build";
import { text } from "./texts";

export interface Acts {
  cancel: (id: string) => unknown;
  retry: (id: string) => unknown;
  remove: (name: string) => unknown;
}

export function jobList(jobs: readonly JobResponse[], acts: Acts): Node[] {
  if (!jobs.length) return [element("p", { className: "muted" }, text.noJobs)];
  return jobs.slice(0, 20).map((job) => jobView(job, acts));
}

function jobView(job: JobResponse, acts: Acts): HTMLElement {
  const open = job.state === "waiting" || job.state === "running";
  const again = job.state === "failed" || job.state === "cancelled";
  const stage = job.state === "running" && job.stage ? ` · ${text.stages[job.stage] ?? job.stage}` : "";
  const colour = job.state === "failed" ? "bad" : job.state === "done" ? "good" : "muted";
  return element(
    "section",
    { className: "job" },
    element(
      "div",
      { className: "row" },
      element(
        "span",
        {},
        `${text.kinds[job.kind]} · `,
        element("span", { className: colour }, text.states[job.state] + stage),
        element("span", { className: "muted" }, ` · ${new Date(job.created).toLocaleString()}`),
      ),
      open
        ? named(
            `cancel-${job.id}`,
            button(text.cancel, () => acts.cancel(job.id)),
          )
        : null,
      again
        ? named(
            `retry-${job.id}`,
            button(text.retry, () => acts.retry(job.id)),
          )
        : null,
    ),
    job.state === "running" ? bar(job) : null,
    job.error ? element("p", { className: job.state === "done" ? "muted" : "bad" }, job.error) : null,
    job.files.length ? element("ul", { className: "files" }, ...job.files.map(fileView)) : null,
  );
}

/** Give what may have the focus a name, so that it has it again when it is drawn again. */
function named(id: string, made: HTMLElement): HTMLElement {
  made.id = id;
  return made;
}

function bar(job: JobResponse): HTMLProgressElement {
  const made = element("progress", { max: Math.max(1, job.total), ariaLabel: text.jobs });
  if (job.total) made.value = job.done;
  return made;
}

function fileView(file: JobResponse["files"][number]): HTMLElement {
  const colour = file.state === "refused" ? "bad" : file.state === "indexed" ? "good" : "muted";
  const more = [file.passages ? text.passages(file.passages) : "", file.reason, ...file.warnings].filter(Boolean);
  return element(
    "li",
    {},
    `${file.name} · `,
    element("span", { className: colour }, text.files[file.state]),
    more.length ? element("span", { className: "muted" }, ` · ${more.join(" · ")}`) : null,
  );
}

function remover(name: string, acts: Acts): HTMLButtonElement {
  const made = button(text.remove, () => confirm(text.sure(name)) && acts.remove(name), "quiet");
  return Object.assign(made, { ariaLabel: `${text.remove} ${name}` });
}

export function holdings(held: DocumentsResponse, acts: Acts): Node[] {
  if (!held.index_version) return [element("p", { className: "muted" }, text.empty)];
  const rows = held.documents.map((each) => [
    each.name,
    each.characters.toLocaleString(),
    String(each.passages),
    [each.uploaded ? text.uploaded : "", ...each.warnings].filter(Boolean).join(" · "),
    each.uploaded ? remover(each.name, acts) : "",
  ]);
  const heads: [string, string][] = [
    [text.name, ""],
    [text.size, "number"],
    [text.parts, "number"],
    [text.notes, "muted"],
    ["", ""],
  ];
  const shown: Node[] = [
    element("p", { className: "muted" }, text.sum(held.documents.length, held.passages)),
    table(heads, rows),
  ];
  if (!held.skipped.length) return shown;
  const skipped = held.skipped.map((each) => [each.name, each.reason]);
  return [
    ...shown,
    element("h2", {}, text.skipped),
    table(
      [
        [text.name, ""],
        [text.reason, "muted"],
      ],
      skipped,
    ),
  ];
}

export function answerView(answer: AskResponse): Node {
  const sources = answer.citations.map((each) => `[${each.n}] ${[each.document, ...each.heading_path].join(" > ")}`);
  return element(
    "div",
    { className: "answer" },
    answer.answer,
    sources.length ? element("div", { className: "muted" }, `\n${text.sources}\n${sources.join("\n")}`) : null,
  );
}

// The admin's side of the HTTP contract; the key stays in this tab.

import type { AskResponse, DocumentsResponse, JobResponse, JobsResponse, Problem } from "../contract";

const KEY = "outline-qa-admin-key";

export function key(): string {
  return sessionStorage.getItem(KEY) ?? "";
}

export function keep(value: string): void {
  sessionStorage.setItem(KEY, value);
}

export class RefusedError extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

export const documents = (): Promise<DocumentsResponse> => call("GET", "v1/admin/documents");
export const jobs = (): Promise<JobsResponse> => call("GET", "v1/admin/jobs");
export const refresh = (): Promise<JobResponse> => call("POST", "v1/admin/jobs");
export const cancel = (id: string): Promise<JobResponse> => call("DELETE", `v1/admin/jobs/${id}`);
export const retry = (id: string): Promise<JobResponse> => call("POST", `v1/admin/jobs/${id}/retry`);
export const remove = (name: string): Promise<JobResponse> =>
  call("DELETE", `v1/admin/documents/${name.split("/").map(encodeURIComponent).join("/")}`);
export const ask = (question: string): Promise<AskResponse> => call("POST", "v1/ask", { question });

async function call<Reply>(method: string, path: string, body?: object): Promise<Reply> {
  const headers: Record<string, string> = { Authorization: `Bearer ${key()}` };
  if (body) headers["Content-Type"] = "application/json";
  const reply = await fetch(path, { method, headers, body: body ? JSON.stringify(body) : null });
  if (!reply.ok) throw new RefusedError(reply.status, told(await reply.text(), reply.status));
  return reply.json();
}

/** Send files in one form; fetch does not say how much of a body has gone. */
export function upload(files: readonly File[], sent: (share: number) => void): Promise<JobResponse> {
  const form = new FormData();
  for (const file of files) form.append("file", file, file.webkitRelativePath || file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "v1/admin/documents");
    request.setRequestHeader("Authorization", `Bearer ${key()}`);
    request.upload.onprogress = (event) => sent(event.total ? event.loaded / event.total : 0);
    request.onerror = () => reject(new RefusedError(0, "the service cannot be reached"));
    request.onload = () =>
      request.status === 202
        ? resolve(JSON.parse(request.responseText))
        : reject(new RefusedError(request.status, told(request.responseText, request.status)));
    request.send(form);
  });
}

function told(body: string, status: number): string {
  try {
    return (JSON.parse(body) as Problem).detail;
  } catch {
    return `HTTP ${status}`;
  }
}

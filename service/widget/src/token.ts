// The short-lived token that the service issues to allowed sites. It lives in memory only.

import type { Problem } from "./contract";
import { ApiError } from "./failure";
import { hint } from "./hint";
import * as replies from "./replies";

const MARGIN_SECONDS = 30;

export class Token {
  #value = "";
  #until = 0;
  #pending: Promise<string> | null = null;

  constructor(private readonly server: string) {}

  /** Return a token that is good for a while yet; concurrent callers share one request. The service's own page needs none. */
  get(now: number = Date.now()): Promise<string> {
    if (new URL(this.server).origin === location.origin) return Promise.resolve("");
    if (now < this.#until) return Promise.resolve(this.#value);
    this.#pending ??= this.#issue(now).finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  /** Renew a token that has ended, ahead of who needs it; where that fails it is left to them. */
  freshen(now: number = Date.now()): void {
    if (!this.#value || now < this.#until) return;
    this.get(now).catch(() => {
      this.#value = "";
    });
  }

  /** Forget a token that the service refused, unless it has been renewed since. */
  drop(refused: string): void {
    if (refused === this.#value) this.#until = 0;
  }

  async #issue(now: number): Promise<string> {
    const response = await fetch(`${this.server}/v1/token`, { method: "POST", credentials: "omit" }).catch(
      async (error: unknown) => {
        if (!(await this.#refused())) throw error;
        throw forbidden(
          `${location.origin} may not use ${this.server}; its OUTLINE_QA_WIDGET__ORIGINS lists the sites that may.`,
        );
      },
    );
    if (response.status === 403) {
      const { detail } = (await response.json().catch(() => ({}))) as Partial<Problem>;
      throw forbidden(detail ?? "");
    }
    if (!response.ok) throw new ApiError({ kind: "problem", status: response.status, detail: "" });
    const { token, expires_in } = replies.checked(replies.token, await response.json().catch(() => null));
    this.#value = token;
    this.#until = now + Math.max(1, expires_in - Math.min(MARGIN_SECONDS, expires_in / 4)) * 1000;
    return token;
  }

  /** A site that is not allowed cannot read the refusal, but it can read the script: the service is there. */
  #refused(): Promise<boolean> {
    const script = fetch(`${this.server}/widget.js`, { credentials: "omit", cache: "no-store" });
    return script.then(
      (response) => response.ok,
      () => false,
    );
  }
}

/** The visitor cannot help it; the site's owner, who looks at the console, can. */
function forbidden(detail: string): ApiError {
  hint(detail);
  return new ApiError({ kind: "forbidden" });
}

// Thumbs and the optional comment.

import type { Rating, Turn } from "../conversation";
import { failureOf } from "../failure";
import type { Context } from "./context";
import { composing, h, uncoverFoot } from "./dom";
import { icon } from "./icons";

const MAX_COMMENT = 2000;
const SETTLE_MS = 400;

export class Feedback {
  readonly buttons: HTMLButtonElement[];
  /** Below the buttons: the comment form, or what became of the feedback. */
  readonly below = h("div", { class: "feedback" });
  #turn: Turn | null = null;
  #wanted: { rating: Rating | null; before: Rating | null } | null = null;
  #sending = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly context: Context) {
    this.buttons = [this.#thumb("up"), this.#thumb("down")];
  }

  update(turn: Turn): void {
    this.#turn = turn;
    const [up, down] = this.buttons;
    up?.setAttribute("aria-pressed", String(turn.rating === "up"));
    down?.setAttribute("aria-pressed", String(turn.rating === "down"));
  }

  #thumb(rating: Rating): HTMLButtonElement {
    const label = this.context.text[rating];
    const attributes = {
      class: "tool",
      type: "button",
      "data-test": `thumb-${rating}`,
      "aria-label": label,
      title: label,
    };
    return h(
      "button",
      { ...attributes, "aria-pressed": "false", onclick: () => void this.#rate(rating) },
      icon(rating),
    );
  }

  async #rate(rating: Rating): Promise<void> {
    const turn = this.#turn;
    if (!turn) return;
    const before = turn.rating;
    const now = before === rating ? null : rating; // pressed again, it is taken back
    this.context.session.rate(turn.id, now);
    this.context.signal("feedback", { answerId: turn.answerId, rating: now });
    if (now) this.#ask(now);
    else this.below.replaceChildren();
    this.#wanted = { rating: now, before: this.#wanted?.before ?? before };
    if (this.#sending) return;
    this.#sending = true;
    await this.#settle(turn.id);
    this.#sending = false;
  }

  /** Send what is wanted until nothing else is: of clicks in a row only the last that differs counts. */
  async #settle(turnId: string): Promise<void> {
    await new Promise((done) => setTimeout(done, SETTLE_MS));
    while (this.#wanted) {
      const { rating, before } = this.#wanted;
      this.#wanted = null;
      if (rating === before) continue;
      if (!(await this.#send(rating, null))) this.context.session.rate(turnId, before);
    }
  }

  #ask(rating: Rating): void {
    const { text } = this.context;
    const label = rating === "up" ? text.commentUp : text.commentDown;
    const area = h("textarea", {
      rows: 2,
      maxlength: MAX_COMMENT,
      "aria-label": label,
      placeholder: label,
      "data-test": "feedback-comment",
    });
    const submit = async (): Promise<void> => {
      const comment = area.value.trim();
      const pending = comment ? this.#wanted : null;
      if (comment) this.#wanted = null; // the comment brings its rating, which must not come after it by itself
      if (!comment || (await this.#send(rating, comment))) this.#say(text.thanks, rating);
      else if (pending && this.#turn) this.context.session.rate(this.#turn.id, pending.before);
    };
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
      event.preventDefault();
      void submit();
    });
    const send = h(
      "button",
      { class: "button primary", type: "button", "data-test": "feedback-send", onclick: () => void submit() },
      text.sendComment,
    );
    const cancel = h("button", { class: "button", type: "button", onclick: () => this.#close(rating) }, text.cancel);
    this.below.replaceChildren(area, h("div", { class: "row" }, send, cancel));
    area.focus();
    const thread = this.below.closest(".thread");
    if (thread) uncoverFoot(thread, this.below);
  }

  #close(rating: Rating): void {
    this.below.replaceChildren();
    this.#thumbOf(rating)?.focus();
  }

  #thumbOf(rating: Rating): HTMLButtonElement | undefined {
    return this.buttons[rating === "up" ? 0 : 1];
  }

  #say(message: string, rating: Rating): void {
    const held = this.below.contains((this.below.getRootNode() as ShadowRoot).activeElement);
    this.below.replaceChildren(h("p", { class: "note", "data-test": "feedback-note" }, message));
    if (held) this.#thumbOf(rating)?.focus();
    this.context.announce(message);
  }

  /** Send what is said of the answer, after what was said before: the service keeps the last. */
  #send(rating: Rating | null, comment: string | null): Promise<boolean> {
    const sent = this.#last.then(() => this.#post(rating, comment));
    this.#last = sent;
    return sent;
  }

  async #post(rating: Rating | null, comment: string | null): Promise<boolean> {
    try {
      await this.context.client.feedback({ answer_id: this.#turn?.answerId ?? "", rating: rating ?? "none", comment });
      return true;
    } catch (error) {
      const failure = failureOf(error);
      const gone = failure.kind === "problem" && failure.status === 404;
      this.#say(gone ? this.context.text.feedbackGone : this.context.text.feedbackFailed, rating ?? "up");
      return false;
    }
  }
}

import type { Client } from "../api";
import type { Quotation } from "../conversation";
import type { EntryKey } from "../outline";
import type { Session } from "../session";
import type { Text } from "../text";

/** What the views share, and what they may ask of the whole. */
export interface Context {
  readonly client: Client;
  readonly session: Session;
  readonly text: Text;
  ask(question: string): void;
  retry(turnId: string): void;
  read(entry: EntryKey): void;
  /** Open the outline at the place that a citation points at. */
  show(citation: Quotation): void;
  browse(): void;
  /** Say something once to screen readers. */
  announce(message: string): void;
}

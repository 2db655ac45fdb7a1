import type { Address } from "../address";
import type { Client } from "../api";
import type { Quotation } from "../conversation";
import type { EntryKey } from "../outline";
import type { Session } from "../session";
import type { Signal } from "../signals";
import type { Text } from "../text";

/** What the views share, and what they may ask of the whole. */
export interface Context {
  readonly client: Client;
  readonly session: Session;
  readonly text: Text;
  readonly signal: Signal;
  readonly address: Address;
  /** Whether one may write by voice, and have answers read aloud. */
  readonly voice: boolean;
  ask(question: string): void;
  /** Put a question where it can be changed before it is sent. */
  write(question: string): void;
  /** Put a turn's question there; what is sent then begins a conversation of its own. */
  edit(turnId: string): void;
  /** `alone` asks it without what was said before. */
  retry(turnId: string, alone?: boolean): void;
  read(entry: EntryKey): void;
  /** Open the outline at the place that a citation points at; `all` are those of its answer. */
  show(citation: Quotation, all?: readonly Quotation[]): void;
  browse(): void;
  /** Say something once to screen readers. */
  announce(message: string): void;
}

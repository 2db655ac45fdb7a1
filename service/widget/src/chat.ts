// What is loaded when the panel is opened first: the conversation and everything that shows it.

import { Client } from "./api";
import { Archive } from "./archive";
import type { Memory } from "./choices";
import { Session } from "./session";
import type { Settings } from "./settings";
import type { Signal } from "./signals";
import type { Text } from "./text";
import { type Actions, Panel } from "./views/panel";

export { panelSheets } from "./panel-styles";

export class Chat {
  readonly session: Session;
  readonly #archive: Archive;

  constructor(
    server: string,
    memory: Memory,
    private readonly signal: Signal,
  ) {
    this.#archive = new Archive(server);
    this.session = new Session(new Client(server), this.#archive, memory, signal);
    addEventListener("pagehide", this.session.keep);
  }

  panel(settings: Settings, text: Text, actions: Actions): Panel {
    this.session.language = settings.lang === "own" ? null : settings.lang;
    return new Panel(this.session, settings, text, this.signal, actions);
  }

  dispose(): void {
    removeEventListener("pagehide", this.session.keep);
    this.session.stop();
    this.#archive.dispose();
  }
}

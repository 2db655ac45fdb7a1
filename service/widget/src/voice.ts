// Writing by voice and reading aloud, by the browser's own means. Some browsers send what is spoken to their maker, so both are off
// until the page and the reader want them.

interface Recognition extends EventTarget {
  lang: string;
  interimResults: boolean;
  continuous: boolean;
  start(): void;
  stop(): void;
}

interface Recognised extends Event {
  readonly results: ArrayLike<ArrayLike<{ readonly transcript: string }>>;
}

type Maker = new () => Recognition;

function maker(): Maker | undefined {
  const found = window as { SpeechRecognition?: Maker; webkitSpeechRecognition?: Maker };
  return found.SpeechRecognition ?? found.webkitSpeechRecognition;
}

export function canHear(): boolean {
  return maker() !== undefined;
}

export function canSpeak(): boolean {
  return "speechSynthesis" in window;
}

export interface Listening {
  /** All that was heard so far. */
  heard(text: string): void;
  ended(failed: boolean): void;
}

/** Listen until the speaker pauses for good; returns what ends it before. */
export function listen(lang: string, { heard, ended }: Listening): () => void {
  const Recogniser = maker();
  if (!Recogniser) {
    ended(true);
    return () => undefined;
  }
  const recognition = new Recogniser();
  let failed = false;
  recognition.lang = lang;
  recognition.interimResults = true;
  recognition.continuous = true;
  recognition.addEventListener("result", (event) => {
    heard(Array.from((event as Recognised).results, (one) => one[0]?.transcript ?? "").join(""));
  });
  recognition.addEventListener("error", (event) => {
    failed = !["aborted", "no-speech"].includes((event as Event & { error?: string }).error ?? "");
  });
  recognition.addEventListener("end", () => ended(failed));
  recognition.start();
  return () => recognition.stop();
}

/** Read a text aloud, a sentence at a time, as some voices stop in a long one; returns what ends it before. */
export function speak(text: string, lang: string, ended: () => void): () => void {
  let over = false;
  const end = (): void => {
    if (!over) ended();
    over = true;
  };
  speechSynthesis.cancel(); // one voice at a time
  const sentences = text.split(/(?<=[。！？!?])|(?<=\.)\s+|\n+/).filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
  sentences.forEach((sentence, i) => {
    const utterance = new SpeechSynthesisUtterance(sentence.trim());
    utterance.lang = lang;
    utterance.addEventListener("error", end);
    if (i === sentences.length - 1) utterance.addEventListener("end", end);
    speechSynthesis.speak(utterance);
  });
  if (!sentences.length) end();
  return () => {
    end();
    speechSynthesis.cancel();
  };
}

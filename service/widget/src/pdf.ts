// pdf.js, loaded with the first page that is shown.

import { GlobalWorkerOptions, getDocument, type PDFDocumentProxy } from "pdfjs-dist";
import worker from "pdfjs-dist/build/pdf.worker.min.mjs?url&no-inline";

// The tables of Chinese character sets, for files that do not carry their fonts (vite.config.ts puts them there).
const CMAPS = new URL("cmaps/", new URL(worker, import.meta.url)).href;
// What decodes JPEG 2000, loaded with the first such picture.
const DECODERS = new URL("decoders/", new URL(worker, import.meta.url)).href;

/** Open a file; `bytes` are given away. Rejects for what is no PDF. */
export async function openPdf(bytes: ArrayBuffer): Promise<PDFDocumentProxy> {
  // A worker must be of the page's own origin. In another site's page pdf.js does the work in the page instead.
  if (new URL(worker, import.meta.url).origin === location.origin) GlobalWorkerOptions.workerSrc = worker;
  else await import(/* @vite-ignore */ worker);
  return getDocument({
    data: bytes,
    cMapUrl: CMAPS,
    cMapPacked: true,
    wasmUrl: DECODERS,
    useWasm: false, // a strict Content-Security-Policy refuses it
    isEvalSupported: false,
    enableXfa: false,
  }).promise;
}

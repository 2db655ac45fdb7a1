import { OutlineQA } from "./element";

if (!customElements.get("outline-qa")) customElements.define("outline-qa", OutlineQA);

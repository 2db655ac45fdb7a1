// Markdown to harmless nodes. Loaded when the panel opens. Text from the service is hostile until it has been through here:
// raw HTML is shown as text by the renderer, and DOMPurify lets only a narrow list of elements pass.

import DOMPurify from "dompurify";
import { Marked, type Tokens } from "marked";
import { strongBesidePunctuation } from "./emphasis";
import { blockMath, escapeHtml, inlineMath } from "./formula";
import { withDelimiters } from "./tables";
import { shallow, tangled } from "./tangles";

const LINK = /^(?:https?:|mailto:)/i;

const marked = new Marked({ gfm: true, breaks: false });
marked.use({
  extensions: [blockMath, inlineMath, strongBesidePunctuation],
  tokenizer: {
    // Without these rules "<s>" and "<div>" are ordinary text, and a definition cannot turn a mark into a link.
    html: () => undefined,
    tag: () => undefined,
    def: () => undefined,
  },
  renderer: {
    // A bracket that is escaped stands apart, so that a document's own "[2\\]" is not found as a mark.
    text(token: Tokens.Text | Tokens.Escape) {
      if (token.type === "escape") return `<span>${escapeHtml(token.text)}</span>`;
      return false;
    },
    // One level below the panel's own headings, whatever the text's: a level left out confuses screen readers.
    heading({ tokens, depth }: Tokens.Heading) {
      return `<h4 class="depth-${depth}">${this.parser.parseInline(tokens)}</h4>\n`;
    },
    link({ href, tokens, raw }: Tokens.Link) {
      if (!LINK.test(href)) return escapeHtml(raw);
      return `<a href="${escapeHtml(href)}">${this.parser.parseInline(tokens)}</a>`;
    },
    image({ href, text, raw }: Tokens.Image) {
      if (!LINK.test(href)) return escapeHtml(raw);
      return `<a href="${escapeHtml(href)}">${escapeHtml(text || href)}</a>`;
    },
    checkbox: ({ checked }: Tokens.Checkbox) => (checked ? "☑ " : "☐ "),
    code({ text, lang }: Tokens.Code) {
      const language = /^[\w+#-]{1,20}/.exec(lang ?? "")?.[0].toLowerCase() ?? "";
      return `<pre><code${language && ` class="language-${language}"`}>${escapeHtml(text)}</code></pre>\n`;
    },
  },
});

const purify = DOMPurify(window);
const ALLOWED_TAGS = (
  "p br strong em del a code pre ul ol li blockquote h1 h2 h3 h4 h5 h6 hr table thead tbody tr th td span div " +
  "math semantics annotation mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover " +
  "mtable mtr mtd mlabeledtr mpadded mphantom mstyle menclose mprescripts mmultiscripts none"
).split(" ");
const PLAIN_ATTR = (
  "class start align data-tex xmlns display mathvariant stretchy fence separator lspace rspace linethickness accent accentunder " +
  "columnalign columnspacing rowspacing columnlines rowlines frame displaystyle scriptlevel notation width height depth voffset " +
  "minsize maxsize symmetric largeop movablelimits encoding mathcolor"
).split(" ");

purify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A") {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer nofollow");
  }
  if (/^(?:P|LI|H\d|TH|TD|BLOCKQUOTE)$/.test(node.tagName)) node.setAttribute("dir", "auto");
});

export function sanitize(html: string): DocumentFragment {
  return purify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR: ["href", ...PLAIN_ATTR],
    ADD_URI_SAFE_ATTR: PLAIN_ATTR, // the rule for addresses is for href alone
    ALLOWED_URI_REGEXP: LINK,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

/** Cut a text into its top-level blocks, each of which renders the same by itself. */
export function blocks(text: string): string[] {
  // Blocks alone: what stands in them is read when each is rendered.
  return new marked.Lexer(marked.defaults)
    .blockTokens(shallow(withDelimiters(text.replace(/\r\n|\r/g, "\n"))))
    .filter((token) => token.type !== "space")
    .map((token) => token.raw);
}

/** Render a block, or a whole text. */
export function render(text: string): DocumentFragment {
  if (tangled(text)) return plain(text);
  return sanitize(marked.parse(shallow(withDelimiters(text)), { async: false }));
}

function plain(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const paragraph = document.createElement("p");
  paragraph.className = "raw";
  paragraph.dir = "auto";
  paragraph.textContent = text.trim();
  fragment.append(paragraph);
  return fragment;
}

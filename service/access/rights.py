"""What may be done, and which of it each path needs."""

from typing import Literal, get_args

Right = Literal["ask", "search", "read", "feedback", "admin", "eval"]
RIGHTS: tuple[Right, ...] = get_args(Right)
EVERYTHING = frozenset(RIGHTS)
ORDINARY = EVERYTHING - {"admin"}
VISITOR: frozenset[Right] = frozenset({"ask", "search", "read", "feedback"})
# Paths that everybody may see: the page and its files, whether the service lives, a page's token, and where chat
# platforms, which have no key, sign what they send.
OPEN = ("/", "/widget.js", "/admin", "/admin.js", "/admin.css", "/healthz", "/readyz", "/v1/token")
OPEN_FOLDERS = ("/widget/", "/v1/channels/")
# A path is itself or what is below it; the first that fits counts. What is in no line needs all but `admin`.
NEEDS: tuple[tuple[str, frozenset[Right]], ...] = (
    ("/v1/admin", frozenset({"admin"})),
    ("/v1/ask", frozenset({"ask"})),
    ("/v1/chat", frozenset({"ask"})),
    ("/v1/responses", frozenset({"ask"})),
    ("/v1/search", frozenset({"search"})),
    ("/v1/feedback", frozenset({"feedback"})),
    ("/v1/outline", frozenset({"read"})),
    ("/v1/entries", frozenset({"read"})),
    ("/v1/documents", frozenset({"read"})),
    ("/v1/originals", frozenset({"read"})),
    ("/v1/widget", frozenset({"read"})),
    ("/v1/answers", frozenset({"read"})),
    ("/v1/models", frozenset({"ask"})),
    ("/mcp", frozenset({"ask", "search", "read"})),
    ("/metrics", frozenset({"eval"})),
    ("/docs", frozenset({"read"})),
    ("/openapi.json", frozenset({"read"})),
)
# What the limits count: questions, whatever door they come by.
QUESTIONS = ("/v1/ask", "/v1/search", "/v1/chat", "/v1/responses", "/mcp")


def is_open(path: str) -> bool:
    return path in OPEN or path.startswith(OPEN_FOLDERS)


def needed(path: str) -> frozenset[Right]:
    """Return the rights that a path needs."""
    return next((rights for own, rights in NEEDS if _below(path, own)), ORDINARY)


def is_question(method: str, path: str) -> bool:
    return method == "POST" and any(_below(path, own) for own in QUESTIONS)


def _below(path: str, own: str) -> bool:
    return path == own or path.startswith(f"{own}/")

"""What a route raises where it has no reply; light, so that a command can read it without the routes."""

from collections.abc import Mapping


class ProblemError(Exception):
    """Raised by a route, sent as a problem document."""

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, field: str | None = None
    ) -> None:
        """`field` is the one at fault, where it is one."""
        super().__init__(detail)
        self.status, self.detail, self.headers, self.field = status, detail, headers, field

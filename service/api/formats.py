"""A route in another form: the same path with `?format=NAME` in its address."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

# What each name chooses, by path.
FORMATS: Mapping[str, str] = {"/v1/ask": "ai-sdk", "/v1/search": "anthropic"}


class FormatRoute(APIRoute):
    """Takes only requests that ask for the form of its path; it stands before the plain route."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        wanted = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("format")
        return super().matches(scope) if wanted == [FORMATS[self.path]] else (Match.NONE, {})

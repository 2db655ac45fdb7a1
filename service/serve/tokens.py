"""Short-lived signed tokens that let a web page's visitors ask, so that no key stands in the page."""

import secrets
import time

from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

SKEW = 60  # seconds that the clock of another process may be ahead


class TokenError(ValueError):
    """A token that is forged, too old, or of another site."""


class _Steady(TimestampSigner):
    """Counts from when the process began, so that a clock that is set anew locks nobody out."""

    _offset = time.time() - time.monotonic()

    def get_timestamp(self) -> int:
        return int(self._offset + time.monotonic())


class _Ahead(_Steady):
    """Checks as if it were later, so that what another process has just issued is not of the future."""

    def get_timestamp(self) -> int:
        return super().get_timestamp() + SKEW


class Tokens:
    """Issues and checks tokens bound to an origin (RFC 6454), valid for `seconds`."""

    def __init__(self, secret: str | None, seconds: int) -> None:
        """Without a secret one is made up: tokens then end with the process, and no other process knows them."""
        key = secret or secrets.token_urlsafe(32)
        self._issues = URLSafeTimedSerializer(key, salt="widget", signer=_Steady)
        self._checks = URLSafeTimedSerializer(key, salt="widget", signer=_Ahead)
        self.seconds = seconds

    def issue(self, origin: str) -> str:
        return str(self._issues.dumps(origin))

    def check(self, token: str, origin: str) -> None:
        """Raise TokenError unless the token was issued to this origin and is not too old."""
        try:
            issued_to = self._checks.loads(token, max_age=self.seconds + SKEW)
        except SignatureExpired as error:
            raise TokenError(f"the token is older than {self.seconds} s") from error
        except BadData as error:
            raise TokenError(f"the token is not valid: {error}") from error
        if issued_to != origin:
            raise TokenError("the token was issued to another site")

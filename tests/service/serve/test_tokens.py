import pytest
from freezegun import freeze_time

from service.serve.tokens import TokenError, Tokens

SITE = "https://site.example"


def test_a_token_is_good_for_its_site_alone() -> None:
    tokens = Tokens("secret", seconds=60)
    token = tokens.issue(SITE)
    tokens.check(token, SITE)
    for other in ("https://other.example", "http://site.example", "https://site.example:8443", "null", ""):
        with pytest.raises(TokenError, match="another site"):
            tokens.check(token, other)


def test_a_token_ends() -> None:
    tokens = Tokens("secret", seconds=60)
    # What other tests have loaded is not looked through for clocks: a lazy module loads all of itself when it is.
    with freeze_time("2026-01-01 12:00:00") as clock:
        token = tokens.issue(SITE)
        clock.tick(59)
        tokens.check(token, SITE)
        clock.tick(2)
        with pytest.raises(TokenError, match="older than 60 s"):
            tokens.check(token, SITE)


def test_clocks_of_processes_may_differ() -> None:
    one, other = Tokens("secret", seconds=60), Tokens("secret", seconds=60)
    with freeze_time("2026-01-01 12:00:00") as clock:
        token = one.issue(SITE)
        clock.move_to("2026-01-01 11:59:30")
        other.check(token, SITE)
        clock.move_to("2026-01-01 11:58:30")
        with pytest.raises(TokenError):
            other.check(token, SITE)


@pytest.mark.parametrize("forge", ["", "x", "a.b.c", lambda token: token[:-1], lambda token: "x" + token])
def test_a_forged_token_is_refused(forge: object) -> None:
    tokens = Tokens("secret", seconds=60)
    forged = forge(tokens.issue(SITE)) if callable(forge) else forge
    with pytest.raises(TokenError, match="not valid"):
        tokens.check(str(forged), SITE)


def test_processes_share_tokens_when_they_share_a_secret() -> None:
    Tokens("secret", 60).check(Tokens("secret", 60).issue(SITE), SITE)
    for a, b in ((None, None), ("one", "two"), (None, "two")):
        with pytest.raises(TokenError):
            Tokens(a, 60).check(Tokens(b, 60).issue(SITE), SITE)

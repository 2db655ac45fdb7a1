"""The widget's files, tokens and feedback over HTTP, and which pages may call the API."""

import gzip
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from ingest.pack import none
from service.api.app import create_app
from service.api.widget import BUILT, _questions
from service.bootstrap import Service
from service.serve.store import Store
from service.settings import ServiceSettings, StoreSettings, WidgetSettings

SITE = "https://site.example"
QUESTION = {"question": "什么是 LoRA？"}


@pytest.fixture(scope="module")
def store_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "store.sqlite"


@pytest.fixture(scope="module")
def site(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, store_path: Path) -> Iterator[TestClient]:
    """The service at https://qa.example, which SITE may embed, three questions a minute."""
    changed = {
        "widget": WidgetSettings(origins=[SITE], per_minute=3),
        "hosts": ["qa.example"],
        "store": StoreSettings(path=store_path),
    }
    service = Service(settings.model_copy(update=changed), embedder)
    with TestClient(create_app(service), base_url="https://qa.example") as client:
        yield client


def token(client: TestClient, origin: str = SITE) -> dict[str, str]:
    reply = client.post("/v1/token", headers={"Origin": origin})
    assert reply.status_code == 200
    assert reply.json()["expires_in"] == 900
    return {"Origin": origin, "Authorization": f"Bearer {reply.json()['token']}"}


def test_the_page_has_a_strict_policy_and_names_what_is_there(site: TestClient) -> None:
    page = site.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?:", policy)
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page.text)
    for path in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert site.get(f"/{path}").status_code == 200


def test_the_page_and_the_script_are_packed_for_those_who_can_read_that(site: TestClient) -> None:
    for path in ("/", "/widget.js"):
        packed = site.get(path, headers={"Accept-Encoding": "gzip"})
        plain = site.get(path, headers={"Accept-Encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.text == plain.text
        assert site.post(path).status_code == 405


def test_any_site_may_load_the_script_and_its_parts(site: TestClient) -> None:
    script = site.get("/widget.js", headers={"Origin": "https://anywhere.example"})
    assert script.headers["content-type"].startswith("text/javascript")
    assert (script.headers["access-control-allow-origin"], script.headers["cache-control"]) == ("*", "no-cache")
    parts = sorted(path.name for path in (BUILT / "widget").glob("*.js"))
    assert len(parts) >= 4
    for name in parts:
        reply = site.get(f"/widget/{name}", headers={"Origin": "https://anywhere.example"})
        assert "immutable" in reply.headers["cache-control"]
        assert reply.headers["content-encoding"] == "gzip"
        assert reply.headers["access-control-allow-origin"] == "*"
    assert site.get("/widget/../app.py").status_code == 404
    assert site.get("/widget/%2e%2e/%2e%2e/store.py").status_code == 404


def test_the_first_load_is_small() -> None:
    main = next((BUILT / "widget").glob("main-*.js"))
    assert main.name in (BUILT / "widget.js").read_text("utf-8")
    closed = [BUILT / "widget.js", main]
    opened = [*closed, *(BUILT / "widget").glob("chat-*.js"), BUILT / "index.html"]
    for files, most in ((closed, 30_000), (opened, 44_000)):
        assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= most


def test_what_is_shown_first_is_small(site: TestClient) -> None:
    body = site.get("/v1/widget").json()
    outline = site.get("/v1/outline").json()
    assert body["speech"] == outline["speech"]
    assert all(len(speech["questions"]) >= 4 for speech in body["speech"].values())
    assert body["questions"] == []  # the documents have their own


def test_documents_without_words_of_their_own_offer_their_entries(snapshot: Snapshot) -> None:
    bare = replace(snapshot, pack=none())
    answered = {entry.question: entry for entry in snapshot.entries if entry.answered}
    questions = _questions(bare)
    assert 4 <= len(set(questions)) == len(questions) <= 12
    assert {answered[question].stars for question in questions} == {5}
    assert len({answered[question].section for question in questions}) >= 4


def test_json_is_packed_and_sent_once(site: TestClient) -> None:
    for path in ("/v1/outline", "/v1/widget", "/v1/entries/3.8"):
        plain = site.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        packed = site.get(path, headers={"Accept-Encoding": "gzip"})
        assert packed.json() == plain.json()
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < len(plain.content)
        assert packed.headers["cache-control"] == "private, no-cache"
        assert {"Accept-Encoding", "Origin"} <= set(packed.headers["vary"].split(", "))
        again = site.get(path, headers={"If-None-Match": f'"other", {packed.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert site.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert "etag" not in site.get("/v1/entries/99.9").headers


def test_programs_and_own_pages_need_no_token(site: TestClient) -> None:
    assert site.get("/v1/outline").status_code == 200
    assert site.get("/v1/outline", headers={"Origin": "https://qa.example"}).status_code == 200


def test_a_page_of_an_allowed_site_needs_a_token(site: TestClient) -> None:
    bare = site.get("/v1/outline", headers={"Origin": SITE})
    assert bare.status_code == 401
    assert bare.headers["www-authenticate"] == "Bearer"
    assert bare.headers["access-control-allow-origin"] == SITE  # so that the page can read why
    allowed = site.get("/v1/outline", headers=token(site))
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == SITE
    assert site.get("/v1/outline", headers=token(site) | {"Authorization": "Bearer x"}).status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "http://site.example", "null", f"{SITE}.evil.example"])
def test_a_page_of_another_site_is_refused(site: TestClient, origin: str) -> None:
    for reply in (
        site.post("/v1/token", headers={"Origin": origin}),
        site.get("/v1/outline", headers=token(site) | {"Origin": origin}),
        site.post("/v1/ask", json=QUESTION, headers={"Origin": origin}),
    ):
        assert reply.status_code == 403
        assert origin in reply.json()["detail"]
        assert reply.headers["access-control-allow-origin"] == "*"  # the refusal may be read, and nothing else


def test_preflights_are_answered_for_allowed_sites_alone(site: TestClient) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    reply = site.options("/v1/ask", headers=asks | {"Origin": SITE})
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == SITE
    assert "Authorization" in reply.headers["access-control-allow-headers"]
    assert reply.headers["access-control-max-age"] == "7200"
    refused = site.options("/v1/ask", headers=asks | {"Origin": "https://evil.example"})
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers


def test_a_visitor_who_asks_too_much_has_to_wait(site: TestClient) -> None:
    headers = token(site)
    found = [site.post("/v1/search", json={"query": "LoRA"}, headers=headers) for _ in range(4)]
    assert [reply.status_code for reply in found] == [200, 200, 200, 429]
    assert int(found[-1].headers["retry-after"]) > 0
    assert "Retry-After" in found[-1].headers["access-control-expose-headers"]
    assert found[-1].json()["type"] == "urn:outline-qa:problem:too-many-questions"  # not that the service is full
    assert site.get("/v1/outline", headers=headers).status_code == 200  # reading is free
    assert site.post("/v1/search", json={"query": "LoRA"}).status_code == 200  # and programs are not visitors


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_can_be_rated_once_it_is_there(site: TestClient, store_path: Path, stream: bool) -> None:
    reply = site.post("/v1/ask", json=QUESTION | {"stream": stream, "session_id": "s-1"})
    found = re.search(r'"id":\s*"(a-\w+)"', reply.text)
    assert found
    for rating, comment in (("down", None), ("down", f"stream {stream}")):
        body = {"answer_id": found[1], "rating": rating, "comment": comment}
        assert site.post("/v1/feedback", json=body).status_code == 204
    store = Store(store_path, 30)
    rated = {each.answer_id: each for each in store.rated("down")}
    store.close()
    assert rated[found[1]].comment == f"stream {stream}"
    assert rated[found[1]].question == QUESTION["question"]
    assert found[1] in rated[found[1]].body


def test_a_rating_can_be_taken_back(site: TestClient, store_path: Path) -> None:
    answer_id = site.post("/v1/ask", json=QUESTION).json()["id"]
    for rating in ("up", "none", "none"):
        assert site.post("/v1/feedback", json={"answer_id": answer_id, "rating": rating}).status_code == 204
    store = Store(store_path, 30)
    assert answer_id not in {each.answer_id for rating in ("up", "down") for each in store.rated(rating)}
    store.close()
    assert site.post("/v1/feedback", json={"answer_id": "a-0", "rating": "none"}).status_code == 404


def test_feedback_that_is_not_right(site: TestClient) -> None:
    assert site.post("/v1/feedback", json={"answer_id": "a-0", "rating": "up"}).status_code == 404
    for body in (
        {"answer_id": "a-0", "rating": "meh"},
        {"answer_id": "", "rating": "up"},
        {"answer_id": "a-0", "rating": "up", "comment": "x" * 2001},
        {"rating": "up"},
    ):
        assert site.post("/v1/feedback", json=body).status_code == 422


def test_a_store_that_fails_loses_no_answer_and_is_told_of(
    settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, tmp_path: Path
) -> None:
    path = tmp_path / "store.sqlite"
    changed = settings.model_copy(update={"store": StoreSettings(path=path)})
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with TestClient(create_app(Service(changed, embedder))) as client:
            reply = client.post("/v1/ask", json=QUESTION)
            assert reply.status_code == 200
            assert reply.json()["status"] == "answered"
            rating = {"answer_id": reply.json()["id"], "rating": "up"}
            refused = client.post("/v1/feedback", json=rating)
            assert refused.status_code == 503
            assert refused.headers["retry-after"]
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
            assert "another process holds it; end that one" in ready.json()["reasons"][0]
            assert "outline_qa_store_failing 1.0" in client.get("/metrics").text
            other.rollback()
            for _ in range(200):
                if client.get("/readyz").json()["status"] == "ready":
                    break
                time.sleep(0.1)
            assert client.post("/v1/feedback", json=rating).status_code == 204


def test_answers_need_not_be_kept(
    settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, tmp_path: Path
) -> None:
    path = tmp_path / "store.sqlite"
    changed = settings.model_copy(update={"store": StoreSettings(path=path, enabled=False)})
    with TestClient(create_app(Service(changed, embedder))) as client:
        asked = client.post("/v1/ask", json=QUESTION).json()
        assert client.post("/v1/feedback", json={"answer_id": asked["id"], "rating": "up"}).status_code == 404
    assert not path.exists()


@pytest.mark.parametrize("origin", ["site.example", "https://site.example/path", "*", "https://", ""])
def test_an_origin_that_is_none_is_refused_at_the_start(origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        WidgetSettings(origins=[origin])

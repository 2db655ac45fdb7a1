"""The compose file and the Dockerfiles, as text; docker/check.sh runs them."""

import importlib
import re
from types import ModuleType
from typing import Any

import pytest

from ingest.settings import PREFIX
from service.llm.container import settings
from service.settings import ServiceSettings
from tests.support.paths import ROOT
from tests.support.variables import variables

COMPOSE = (ROOT / "docker-compose.yml").read_text("utf-8")
DOCKERFILES = sorted((ROOT / "docker").glob("Dockerfile*"))
LLM = {"vllm", "vllm-cpu"}
URLS = '["http://outline-llm:8001/v1"]'


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    yaml = pytest.importorskip("yaml")
    parsed: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
    return parsed


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "docker")
    return importlib.import_module("replay")


def test_the_service_alone_is_the_default(services: dict[str, dict[str, Any]]) -> None:
    assert {name: each.get("profiles") for name, each in services.items()} == {
        "service": None,
        "vllm": ["gpu"],
        "vllm-cpu": ["cpu"],
        "front": ["scale"],
        "replica": ["scale"],
        "postgres": ["scale"],
        "redis": ["scale"],
        "nightly": ["nightly"],
        "prometheus": ["observe"],
        "grafana": ["observe"],
    }


def test_only_the_service_is_published_and_only_here(services: dict[str, dict[str, Any]]) -> None:
    assert services["service"]["ports"] == ["${PUBLISH:-127.0.0.1:8000}:8000"]
    assert services["front"]["ports"] == ["${PUBLISH:-127.0.0.1:8000}:8080"]
    for name in (*LLM, "nightly", "replica", "postgres", "redis"):
        assert "ports" not in services[name]
        assert services[name].get("network_mode") is None


def test_nobody_is_root_or_may_become_it(services: dict[str, dict[str, Any]]) -> None:
    for each in services.values():
        assert not each["user"].startswith(("0", "root"))
        assert each["cap_drop"] == ["ALL"]
        assert each["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in each
    for path in DOCKERFILES:
        assert re.findall(r"^USER (.*)$", path.read_text("utf-8"), re.MULTILINE) == ["10001:10001"]


def test_every_service_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    built = {each["build"]["dockerfile"] for each in services.values() if "build" in each}
    assert built == {path.relative_to(ROOT).as_posix() for path in DOCKERFILES}
    assert all(re.search(r"^HEALTHCHECK ", path.read_text("utf-8"), re.MULTILINE) for path in DOCKERFILES)
    assert "healthcheck" in services["vllm"]


def test_replicas_are_the_service_and_share_all_that_can_be(services: dict[str, dict[str, Any]]) -> None:
    service, replica = services["service"], services["replica"]
    for part in ("image", "build", "user", "volumes", "read_only"):
        assert replica[part] == service[part]
    assert set(service["environment"].items()) <= set(replica["environment"].items())
    more = set(replica["environment"]) - set(service["environment"])
    url = re.compile(r"OUTLINE_QA_(?!QDRANT)\w+__(URL|STORAGE)")  # the index is in the volume
    assert {name for name in variables(ServiceSettings) if url.fullmatch(name)} <= more
    assert re.search(r"server replica:8000", (ROOT / "docker/nginx.conf").read_text("utf-8"))
    assert services["front"]["volumes"] == ["./docker/nginx.conf:/etc/nginx/nginx.conf:ro"]
    assert services["postgres"]["networks"] == services["redis"]["networks"] == ["shared"]


def test_the_image_has_what_replicas_share_by() -> None:
    """Each package that the extras bring beside the lock of the service."""
    named = re.search(r"sed -n '/\^\\\((.*?)\\\)==/", DOCKERFILES[0].read_text("utf-8"))
    assert named
    locked = (ROOT / "requirements-dev.lock").read_text("utf-8")
    for name in named[1].split(r"\|"):
        assert re.search(rf"^{name}==", locked, re.MULTILINE), name
    for needed in ("alembic", "psycopg", "psycopg-binary", "sqlalchemy", "redis"):
        assert needed in named[1].split(r"\|")


def test_every_setting_named_is_known() -> None:
    known = variables(ServiceSettings)
    for text in (COMPOSE, *(path.read_text("utf-8") for path in DOCKERFILES)):
        named = {name for name in re.findall(rf"{PREFIX}\w+", text) if name != PREFIX}
        assert {name for name in named if not name.startswith(f"{PREFIX}WRITER__")} <= known


def test_every_variable_is_documented() -> None:
    """Of the compose file, that is; the settings have a page of their own."""
    text = "\n".join((ROOT / f"docs/{page}.md").read_text("utf-8") for page in ("vllm", "evaluation", "scale"))
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", text, re.MULTILINE))
    for name, default in re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE):
        if not name.startswith(PREFIX):
            assert rows[name] == f"`{default}`"


def test_the_builds_copy_only_what_exists() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    for path in DOCKERFILES:
        for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", path.read_text("utf-8"), re.MULTILINE):
            assert {*sources.split()} <= {*kept}
            assert all((ROOT / source).exists() for source in sources.split())


@pytest.mark.parametrize(
    ("inherited", "known", "kept"),
    [
        # The profile's container is there.
        ({"KIND": "", "BASE_URLS": URLS, "MODEL": "m"}, True, {"KIND": "vllm", "BASE_URLS": URLS, "MODEL": "m"}),
        # It is not: the others would be refused.
        ({"KIND": "", "BASE_URLS": URLS, "MODEL": "m"}, False, {}),
        ({"KIND": "extractive", "BASE_URLS": URLS}, True, {}),
        # What was set is not doubted.
        ({"KIND": "vllm", "BASE_URLS": URLS, "API_KEY": ""}, False, {"KIND": "vllm", "BASE_URLS": URLS}),
        ({}, True, {}),
    ],
)
def test_the_container_finds_its_writer(inherited: dict[str, str], known: bool, kept: dict[str, str]) -> None:
    prefix = f"{PREFIX}WRITER__"
    made = settings({"PATH": "/bin"} | {f"{prefix}{name}": value for name, value in inherited.items()}, lambda _: known)
    assert made == {"PATH": "/bin"} | {f"{prefix}{name}": value for name, value in kept.items()}


def test_dockerfiles_are_read(replay: ModuleType) -> None:
    text = '# note\nFROM a AS b\nRUN one \\\n    && two "$(x \'^y\')"\n# aside\nENV A=1 \\\n    B=/c:$PATH\nCMD ["d"]\n'
    assert replay.instructions(text) == [
        ("FROM", "a AS b"),
        ("RUN", "one && two \"$(x '^y')\""),
        ("ENV", "A=1 B=/c:$PATH"),
        ("CMD", '["d"]'),
    ]

"""The manifests of docker/kustomize: as Kubernetes' schemas have them, at one with themselves and with our settings."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

from ingest.settings import PREFIX
from service.settings import ServiceSettings
from tests.support.paths import ROOT

FOLDER = ROOT / "docker/kustomize"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
RELEASES = ("1.32", "1.36")  # of Kubernetes
SECRET = re.compile(r"--from-literal=(\w+)=")

Manifest = dict[str, Any]

pytestmark = pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")


@pytest.fixture(scope="module", params=["base", "vllm"])
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    made = subprocess.run(["kubectl", "kustomize", str(FOLDER / request.param)], capture_output=True, check=True)
    return [each for each in yaml.safe_load_all(made.stdout) if each]


def workloads(manifests: list[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """Yield each workload with its pods' description."""
    for each in manifests:
        if each["kind"] in {"Deployment", "StatefulSet"}:
            yield each, each["spec"]["template"]["spec"]


def containers(manifests: list[Manifest]) -> list[Manifest]:
    return [container for _, pod in workloads(manifests) for container in pod["containers"]]


def services(manifests: list[Manifest]) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each["spec"] for each in manifests if each["kind"] == "Service"}


def environment(manifests: list[Manifest]) -> dict[str, str]:
    """What the service is started with, secrets in place."""
    (service,) = (each for each in containers(manifests) if each["name"] == "service")
    given = {each["name"]: each.get("value", "s3cret") for each in service["env"]}
    return {name: value.replace("$(PASSWORD)", given["PASSWORD"]) for name, value in given.items()}


@pytest.mark.parametrize("release", RELEASES)
def test_all_are_what_kubernetes_has(manifests: list[Manifest], release: str) -> None:
    for each in manifests:
        kubernetes_validate.validate(each, release, strict=True)


def test_selectors_meet_pods_and_ports_have_names(manifests: list[Manifest]) -> None:
    pods = {each["spec"]["template"]["metadata"]["labels"]["app"]: pod for each, pod in workloads(manifests)}
    for each, _ in workloads(manifests):
        assert each["spec"]["selector"]["matchLabels"]["app"] == each["metadata"]["name"]
        assert each["spec"]["template"]["metadata"]["labels"]["app"] == each["metadata"]["name"]
    for name, service in services(manifests).items():
        (container,) = pods[service["selector"]["app"]]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert [ports[port["targetPort"]] for port in service["ports"]] == [
            port["port"] for port in service["ports"]
        ], name
    (ingress,) = (each["spec"] for each in manifests if each["kind"] == "Ingress")
    for path in chain.from_iterable(rule["http"]["paths"] for rule in ingress["rules"]):
        backend = path["backend"]["service"]
        assert backend["port"]["name"] in {port["name"] for port in services(manifests)[backend["name"]]["ports"]}


def test_what_is_mounted_is_there(manifests: list[Manifest]) -> None:
    claims = {each["metadata"]["name"] for each in manifests if each["kind"] == "PersistentVolumeClaim"}
    for each, pod in workloads(manifests):
        own = {claim["metadata"]["name"] for claim in each["spec"].get("volumeClaimTemplates", ())}
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        assert {
            claim["persistentVolumeClaim"]["claimName"]
            for claim in volumes.values()
            if "persistentVolumeClaim" in claim
        } <= claims
        mounted = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
        assert mounted == volumes.keys() | own


def test_the_service_knows_its_settings(manifests: list[Manifest], monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read as the service reads them, which refuses a name that it does not know."""
    for name, value in environment(manifests).items():
        monkeypatch.setenv(name, value)
    settings = ServiceSettings()
    urls = (settings.store.url, settings.access.url, settings.uploads.url)
    assert {url.get_secret_value() for url in urls if url} == {"postgresql://outline:s3cret@postgres/outline"}
    assert settings.widget.secret
    (ingress,) = (each["spec"] for each in manifests if each["kind"] == "Ingress")
    assert {rule["host"] for rule in ingress["rules"]} == {*settings.hosts} == {*ingress["tls"][0]["hosts"]}


def test_what_it_asks_is_a_service_that_lets_it(manifests: list[Manifest]) -> None:
    known = services(manifests)
    usual = {"postgresql": 5432, "redis": 6379}
    asked = set()
    for value in environment(manifests).values():
        for url in map(urlsplit, re.findall(r"\w+://[^\"\]]+", value)):
            assert url.hostname
            port = url.port or usual[url.scheme]
            assert port in {each["port"] for each in known[url.hostname]["ports"]}
            asked.add((url.hostname, port))
    allowed = set()
    for policy in (each["spec"] for each in manifests if each["kind"] == "NetworkPolicy"):
        chosen = policy["podSelector"]
        names = [chosen["matchLabels"]["app"]] if "matchLabels" in chosen else chosen["matchExpressions"][0]["values"]
        (rule,) = policy["ingress"]
        assert rule["from"] == [{"podSelector": {"matchLabels": {"app": "replica"}}}]
        allowed |= {(name, port["port"]) for name in names for port in rule["ports"]}
    assert asked <= allowed


def test_pods_are_held_as_the_containers_of_compose_are(manifests: list[Manifest]) -> None:
    images = {each.get("image") for each in COMPOSE.values()}
    for each, pod in workloads(manifests):
        # The cluster's own variables for a service may begin with our prefix, and are no settings.
        assert pod["enableServiceLinks"] is False, each["metadata"]["name"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            assert container["image"] in images
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}


def test_secrets_are_those_that_the_page_has_made(manifests: list[Manifest]) -> None:
    page = (ROOT / "docs/scale.md").read_text("utf-8")
    wanted = [
        variable["valueFrom"]["secretKeyRef"]
        for each in containers(manifests)
        for variable in each.get("env", ())
        if "valueFrom" in variable
    ]
    assert {each["name"] for each in wanted} == {"outline-qa"}
    assert {each["key"] for each in wanted} == {*SECRET.findall(page)}


def test_a_variable_of_the_cluster_would_end_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the links are off: of a Service called outline-qa this is one."""
    monkeypatch.setenv(f"{PREFIX}SERVICE_HOST", "10.0.0.1")
    with pytest.raises(ValueError, match="unknown setting"):
        ServiceSettings()

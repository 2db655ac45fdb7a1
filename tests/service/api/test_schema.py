"""The OpenAPI document against what the service does: what it allows is taken, what it forbids is refused."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup

from benchmarks.loopback import serve
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.rights import RIGHTS
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings

UPLOAD = ("POST", "/v1/admin/documents")  # a form, of which no document can say what fits; it would also start jobs
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "12"))  # of each operation, good and bad; more by hand
# A body that is too large is refused whatever is in it.
CHECKS = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "413"]},
    "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "405", "413", "415", "422"]},
}


@pytest.fixture(scope="module")
def api(
    settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The document of a service that is closed, with a key that may do everything."""
    access = settings.access.model_copy(
        update={"path": tmp_path_factory.mktemp("schema") / "access.sqlite", "per_minute": None, "at_once": None}
    )
    own = settings.model_copy(update={"access": access})
    _, secret = LedgerKeys(Ledger(access.path)).make(NewKey("fuzz", RIGHTS), "test")
    with serve(create_app(Service(own, embedder))) as url:
        auth = {"openapi": {"key": {"bearer": secret}}}
        config = SchemathesisConfig.from_dict({"auth": auth, "generation": {"mode": "all"}, "checks": CHECKS})
        headers = {"Authorization": f"Bearer {secret}"}
        yield schemathesis.openapi.from_url(f"{url}/openapi.json", config=config, headers=headers)


@pytest.mark.slow
@pytest.mark.parametrize("mode", GenerationMode)
def test_what_the_document_says_is_so(api: Any, mode: GenerationMode) -> None:
    faults: list[str] = []
    for found in api.get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) == UPLOAD:
            continue

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @seed(0)
        @given(operation.as_strategy(generation_mode=mode))
        def holds(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate()

        try:
            holds()
        except Unsatisfiable:  # it takes nothing that could be wrong
            continue
        except FailureGroup as failures:
            faults.append(str(failures)[:3000])

    assert not faults, "\n\n".join(faults)

"""OpenAI's own client, over a socket."""

from collections.abc import Iterator

import openai
import pytest

from benchmarks.loopback import serve
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings


@pytest.fixture(scope="package")
def ai(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> Iterator[openai.OpenAI]:
    with (
        serve(create_app(Service(settings, embedder))) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client

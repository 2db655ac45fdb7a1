"""What the service leaves to threads that it does not begin itself."""

from threadpoolctl import threadpool_info, threadpool_limits

from ingest.models.embedder import Embedder
from service.bootstrap import Service
from service.settings import ServiceSettings


def test_numpy_multiplies_in_one_thread(settings: ServiceSettings, embedder: Embedder) -> None:
    with threadpool_limits(2, user_api="blas"):
        Service(settings, embedder).close()
        pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert pools
    assert {pool["num_threads"] for pool in pools} == {1}

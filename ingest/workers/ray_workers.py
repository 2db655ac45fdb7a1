"""Workers that Ray starts, on this machine or on many."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from io import BytesIO
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunker
from ingest.models.embedder import Embedder
from ingest.prepare import NamedFile, Preparer, Recipe
from ingest.progress import Report

if TYPE_CHECKING:
    from ingest.models.encoder import Vectors

Row = Mapping[str, Any]  # what Arrow can hold: nothing is pickled
Act = Callable[[Row], "NDArray[Any] | int"]
LOCAL = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # there, and so here, it listens on the loopback alone
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
OBJECTS = 512 << 20  # bytes of memory for what is on its way; what is more goes to disk


class RayWorkers:
    """`count` processes, each with an embedder and a chunker of its own, made by what can be sent there.

    Ray Data feeds them no faster than they work, and gives what a lost one had to another. They are on this machine, or
    on a Ray cluster at `address`, whose machines must have the same program, models and folders at the same paths.
    `speeds` says of each stage how many passages or texts were made, and in how many seconds.
    """

    def __init__(
        self,
        count: int,
        embedder: Callable[[], Embedder],
        chunker: Callable[[Embedder], Chunker],
        address: str | None = None,
    ) -> None:
        self._count, self._embedder, self._chunker, self._address = count, embedder, chunker, address
        self.speeds: dict[str, tuple[int, float]] = {}

    def __enter__(self) -> Self:
        os.environ.update({} if self._address else LOCAL)
        import ray

        given: dict[str, Any] = {"address": self._address}
        if self._address is None:
            # One core more than there are workers, for Ray's own tasks: they would wait for a worker to end.
            given = {"address": "local", "num_cpus": self._count + 1, "object_store_memory": OBJECTS}
        ray.init(**given, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import ray

        ray.shutdown()

    def prepare(self, files: Sequence[NamedFile], recipe: Recipe, progress: Report) -> None:
        tool = partial(_preparing, recipe, files, self._embedder, self._chunker)
        for done, passages in enumerate(self._each("prepare", tool, [{"file": at} for at in range(len(files))]), 1):
            self._count_in("prepare", 0 if passages is None else int(passages))
            progress("prepare", done, len(files))

    def embed(self, shards: Sequence[Sequence[str]]) -> Iterator[Vectors | None]:
        rows = [{"texts": list(shard)} for shard in shards]
        for shard, vectors in zip(shards, self._each("embed", partial(_embedding, self._embedder), rows), strict=True):
            self._count_in("embed", 0 if vectors is None else len(shard))
            yield vectors

    def _count_in(self, stage: str, made: int) -> None:
        before, seconds = self.speeds[stage]
        self.speeds[stage] = before + made, seconds

    def _each(self, stage: str, tool: Callable[[], Act], rows: Sequence[Row]) -> Iterator[NDArray[Any] | None]:
        """Yield what the tool of a worker makes of each row, in order; None where it could not."""
        import ray.data

        if not rows:
            return
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        made = ray.data.from_items(list(rows), override_num_blocks=len(rows)).map_batches(
            _Worker,
            fn_constructor_args=(tool,),
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=min(self._count, len(rows))),
            num_cpus=1,
            num_gpus=min(1.0, ray.cluster_resources().get("GPU", 0.0) / self._count),
        )
        began, (before, spent) = monotonic(), self.speeds.get(stage, (0, 0.0))
        self.speeds[stage] = before, spent
        for row in made.iter_rows():
            self.speeds[stage] = self.speeds[stage][0], spent + monotonic() - began
            yield np.load(BytesIO(row["made"]), allow_pickle=False) if row["made"] else None


class _Worker:
    """What Ray keeps in each of its processes."""

    def __init__(self, tool: Callable[[], Act]) -> None:
        self._act = tool()

    def __call__(self, batch: Any) -> dict[str, list[bytes]]:
        return {"made": [self._made(row) for row in batch.to_pylist()]}

    def _made(self, row: Row) -> bytes:
        """Return an array as NumPy writes it, b"" for none."""
        written = BytesIO()
        try:
            np.save(written, np.asarray(self._act(row)), allow_pickle=False)
        except Exception:  # whatever it is: the build does it itself, and says what is wrong
            logging.getLogger(__name__).exception("left to the build")
            return b""
        return written.getvalue()


def _preparing(
    recipe: Recipe, files: Sequence[NamedFile], embedder: Callable[[], Embedder], chunker: Callable[[Embedder], Chunker]
) -> Act:
    preparer = Preparer(recipe, [name for _, name in files], chunker(embedder()))
    return lambda row: preparer.prepare(files[row["file"]])


def _embedding(embedder: Callable[[], Embedder]) -> Act:
    own = embedder()
    return lambda row: own.embed_passages(row["texts"])

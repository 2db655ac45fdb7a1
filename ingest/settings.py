"""Settings of the offline half: what is read, how it is cut and embedded, where the index lies."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "OUTLINE_QA_"
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def place(given: object) -> object:
    """Return a path, or an address as it is: a path would join its slashes."""
    return Path(given) if isinstance(given, str) and not ADDRESS.match(given) else given


Given = Annotated[Path | str, BeforeValidator(place)]


class Settings(BaseModel):
    """A group; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def plugged(group: Settings) -> str:
    """The entry point that a group asks for: its kind, or the name of somebody else's."""
    return str(getattr(group, "name", "") or getattr(group, "kind", ""))


class SemanticSettings(Settings):
    kind: Literal["semantic"] = "semantic"
    percentile: float = Field(
        90, gt=0, lt=100, description="Break where the distance is above this percentile of the document."
    )
    min_tokens: int = Field(60, ge=1, description="Smaller pieces join a neighbour.")
    max_tokens: int = Field(320, ge=2, description="Longer pieces are cut at their widest gap.")
    plain_tokens: int = Field(128, ge=2, description="The same in documents of one heading or none beside their title.")


class RecursiveSettings(Settings):
    kind: Literal["recursive"]
    size: int = Field(500, ge=1, description="Code points of a chunk at most.")


class FixedSettings(Settings):
    kind: Literal["fixed"]
    size: int = Field(500, ge=1, description="Code points of a chunk.")
    overlap: int = Field(100, ge=0, description="Code points shared with the chunk before.")


class WindowSettings(Settings):
    kind: Literal["window"]
    neighbours: int = Field(2, ge=0, description="Sentences shown on either side of the one indexed.")


class PluginSettings(Settings):
    """What another package offers by an entry point of this group."""

    kind: Literal["plugin"]
    name: str = Field(description="The name that a package gives its entry point.")
    options: dict[str, JsonValue] = Field({}, description="For the plug-in to read.")


ChunkerSettings = Annotated[
    SemanticSettings | RecursiveSettings | FixedSettings | WindowSettings | PluginSettings, Field(discriminator="kind")
]


class EmbedderSettings(Settings):
    kind: str = Field("sentence-transformers", description="Or the name of a plug-in, which reads these settings.")
    model: str = Field(
        "multilingual-e5-small",
        description="A name in `ingest/models/models.toml`, a sentence-transformers folder, or a Hugging Face id.",
    )
    query_prefix: str = Field("query: ", description="Put before a question; empty for a model without prefixes.")
    passage_prefix: str = Field("passage: ", description="Put before a passage.")
    device: str | None = Field(None, description="torch device; unset: cuda where there is one, else cpu.")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto",
        description="Arithmetic of the model: `float32`, `bfloat16`, `float16`; `auto`: bfloat16 on a CPU made for it, "
        "else float32.",
    )
    batch_tokens: int = Field(1024, ge=128, description="Tokens in a batch, padding included.")
    threads: int = Field(0, ge=0, description="CPU threads; 0: as many as there are cores.")


class CleanSettings(Settings):
    mojibake: bool = Field(True, description="Repair text that was decoded with the wrong encoding.")
    whitespace: bool = Field(True, description="Unify line ends; drop invisible characters.")
    duplicates: bool = Field(True, description="Index equal text once and keep the other places as aliases.")
    near_duplicates: bool = Field(
        True, description="Name passages that differ in a few words in the report; all are indexed."
    )
    near_threshold: float = Field(
        0.9, gt=0, le=1, description="How alike passages are that it names: Jaccard index of 5-character shingles."
    )
    secrets: bool = Field(True, description="Mask e-mail addresses, phone and ID numbers, keys.")
    comments: bool = Field(True, description="Drop what Markdown shows to nobody: HTML comments, scripts and styles.")


class ReadingSettings(Settings):
    """What reading one file may take; files that are no Markdown are parsed in a process held to these."""

    seconds: float = Field(120, gt=0, description="Longest that parsing one file may take.")
    memory_mb: int = Field(2048, ge=256, description="Most memory (MB) that its process may take.")
    unpacked_mb: int = Field(256, ge=1, description="Most (MB) that an office document may unpack to.")
    pages: int = Field(2000, ge=1, description="Most pages of a PDF.")
    cells: int = Field(500_000, ge=1, description="Most cells of a workbook.")
    originals: bool = Field(
        True,
        description="Keep the files of other formats than Markdown, but those in which something was masked, for "
        "`GET /v1/originals/{name}`.",
    )
    ocr: bool = Field(True, description="Recognise the text of scanned pages, where the extra `ocr` is installed.")
    confidence: float = Field(
        0.6, ge=0, le=1, description="How sure recognised text must be; what is less is reported and left out."
    )


class SourceSettings(Settings):
    """What fetching from elsewhere may take, unless a list in TOML says otherwise for one source."""

    private: bool = Field(False, description="Fetch from addresses of this machine and of private networks too.")
    depth: int = Field(3, ge=0, description="Links followed from a web page, one after the other.")
    pages: int = Field(500, ge=1, description="Most pages of one site.")
    mb: int = Field(512, ge=1, description="Most (MB) that one source may send.")
    seconds: float = Field(1800, gt=0, description="Longest that one source may take.")
    pause: float = Field(
        0.1, ge=0, description="Seconds between two pages of a site; more where its robots.txt says so."
    )


class UploadSettings(Settings):
    """Documents that come over HTTP; see [sources](sources.md)."""

    path: Path | None = Field(
        Path("var/store/documents"), description="Where they and the jobs lie; `null`: nothing can be uploaded."
    )
    url: SecretStr | None = Field(
        None,
        description="`postgresql://…`, the database that the jobs are in instead, shared by replicas; the documents "
        "lie in the folder, which they share too.",
    )
    file_mb: int = Field(64, ge=1, description="Largest file (MB) that is taken.")
    job_mb: int = Field(512, ge=1, description="Most (MB) in one upload.")
    files: int = Field(1000, ge=1, description="Most files in one upload.")
    total_mb: int = Field(8192, ge=1, description="Most (MB) that all uploaded documents take.")
    job_seconds: float = Field(3600, gt=0, description="Longest that one job may take; past it it fails.")
    watch: bool = Field(False, description="Index files and folders of the corpus again when they change.")


class QdrantSettings(Settings):
    """Where versions lie with `OUTLINE_QA_INDEX_KIND=qdrant-server`."""

    url: str = Field("http://127.0.0.1:6333", description="Address of the server.")
    key: SecretStr | None = Field(None, description="Its API key.")
    seconds: int = Field(10, ge=1, description="Longest that it may take for one request.")


class MilvusSettings(Settings):
    """Where versions lie with `OUTLINE_QA_INDEX_KIND=milvus`."""

    uri: str = Field(
        "http://127.0.0.1:19530",
        description="Address of the server, or the path of a file, `….db`, for milvus-lite in the process.",
    )
    token: SecretStr | None = Field(None, description="Its API key, or `user:password`.")
    seconds: float = Field(10, gt=0, description="Longest that it may take for one request.")


class BuildSettings(Settings):
    """Who does the costly part of `python -m ingest build`; see [scale](scale.md#a-large-build)."""

    workers: int = Field(
        1, ge=1, description="Processes that take files apart and embed passages; several need the extra `ray`."
    )
    cluster: str | None = Field(
        None, description="Address of a Ray cluster that they are on; unset: on this machine, started for the build."
    )


class IngestSettings(BaseSettings):
    """Read once, from the environment and `.env`; nested names are joined by two underscores."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        nested_model_default_partial_update=True,
        extra="ignore",
        frozen=True,
    )

    corpus: list[Given] = Field(
        [Path("ingest/corpus")],
        description="What to index, as a JSON list: files, folders, patterns, ZIP archives, `https://…`, "
        "`git+https://…`, and lists of these in TOML; see [sources](sources.md).",
    )
    index: Path = Field(Path("var/index"), description="Where the versions of the index lie.")
    index_kind: str = Field(
        "embedded",
        description="What searches them: `embedded` (arrays of our own), `qdrant`, `qdrant-server`, `milvus`, or "
        "the name of a plug-in; see [scale](scale.md#another-engine).",
    )
    qdrant: QdrantSettings = QdrantSettings()
    milvus: MilvusSettings = MilvusSettings()
    models: Path = Field(Path("var/models"), description="Where models made from packages are kept.")
    max_file_mb: int = Field(64, ge=1, description="A larger file (in MiB) is skipped and reported.")
    pack: str = Field(
        "auto", description="What is known of the documents: auto (the pack made for them), a folder, none."
    )
    packs: Path = Field(Path("var/packs"), description="Where packs beside the shipped ones lie.")
    chunker: ChunkerSettings = SemanticSettings()
    embedder: EmbedderSettings = EmbedderSettings()
    clean: CleanSettings = CleanSettings()
    reading: ReadingSettings = ReadingSettings()
    sources: SourceSettings = SourceSettings()
    build: BuildSettings = BuildSettings()
    uploads: UploadSettings = UploadSettings()

    def with_corpus(self, given: Sequence[Path | str]) -> Self:
        """Return settings for these alone, without what was uploaded; for none the same settings."""
        alone = {"corpus": [*given], "uploads": self.uploads.model_copy(update={"path": None})}
        return self.model_copy(update=alone) if given else self

"""What is looked at in an office document or book before anything parses it."""

from __future__ import annotations

import io
import re
import zipfile

from ingest.read.reading import Limits, UnfitError

DECLARED = re.compile(rb"<!(?:ENTITY|DOCTYPE)", re.IGNORECASE)
EXTERNAL = re.compile(rb"TargetMode\s*=\s*[\"']External[\"']", re.IGNORECASE)
LINK = re.compile(rb"/hyperlink[\"']", re.IGNORECASE)
RELATION = re.compile(rb"<Relationship\b[^>]*>")
MOST_RATIO = 200  # times that a part may grow, where it is large
LARGE = 4 << 20
CHUNK = 1 << 20
MOST_PARTS = 20_000  # files in an archive


def opened(raw: bytes, unpacked_mb: int) -> zipfile.ZipFile:
    """Open an archive; raises UnfitError for one that is damaged, or says that it unpacks to more than that."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    # What zipfile does not know of the format, it says by NotImplementedError.
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
        raise UnfitError("a damaged ZIP archive or office document; open and save it again") from error
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > unpacked_mb << 20:
        raise UnfitError(f"unpacks to more than {unpacked_mb:,} MB; raise reading.unpacked_mb if it is to be trusted")
    return archive


def checked(raw: bytes, limits: Limits) -> tuple[zipfile.ZipFile, list[str]]:
    """Open an archive and return it with what of it is left aside (macros, references to elsewhere).

    Raises UnfitError as `opened` does, for one that is locked or a bomb, and for XML that declares entities.
    """
    archive = opened(raw, limits.unpacked_mb)
    warnings: list[str] = []
    for part in archive.infolist():
        if part.flag_bits & 1:
            raise UnfitError("locked with a password; save it without one")
        if reason := grown(part):
            raise UnfitError(reason)
        _look(archive, part, warnings)
    return archive, list(dict.fromkeys(warnings))


def grown(part: zipfile.ZipInfo) -> str | None:
    """Say of a part that grows as no document does that it is a bomb."""
    if part.file_size > LARGE and part.file_size > MOST_RATIO * max(1, part.compress_size):
        return f"{part.filename!r} in it grows {part.file_size // max(1, part.compress_size):,}fold: a bomb"
    return None


def _look(archive: zipfile.ZipFile, part: zipfile.ZipInfo, warnings: list[str]) -> None:
    name = part.filename.lower()
    if name.endswith("vbaproject.bin"):
        warnings.append("its macros are left aside")
    if not name.endswith((".xml", ".rels")):
        return
    with archive.open(part) as file:
        head = file.read(CHUNK)
    if DECLARED.search(head):
        raise UnfitError(f"{part.filename!r} in it declares XML entities, as no office program does")
    if name.endswith(".rels"):
        outside = [each for each in RELATION.findall(head) if EXTERNAL.search(each) and not LINK.search(each)]
        if outside:
            warnings.append(f"{len(outside)} references to files elsewhere are not followed")

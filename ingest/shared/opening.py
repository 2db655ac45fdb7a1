"""Where shared tables are, from the settings of a group: in its file, or on the server that it names."""

from pathlib import Path

from ingest.shared.file import FileTables
from ingest.shared.tables import Design, Tables, TablesError


def open_tables(path: Path, url: str | None, design: Design) -> Tables:
    """Open the file, or the server where there is an address; raises TablesError, ValueError for a wrong address."""
    if url is None:
        return FileTables(path, design)
    try:
        from ingest.shared.server import ServerTables  # an extra
    except ImportError as error:
        raise TablesError(f"PostgreSQL needs an extra: pip install 'outline-qa[postgres]' ({error})") from error
    return ServerTables(url, design)

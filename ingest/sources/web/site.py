"""A site: its pages from one on, or those of its sitemap, as its robots.txt allows."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from pydantic import Field, field_validator

from ingest.read.reading import Skipped
from ingest.settings import Settings, SourceSettings
from ingest.sources.source import FetchError, Tell
from ingest.sources.web.connection import AGENT, Connection, ForbiddenAddressError, Response, SourceLimitError
from ingest.sources.web.links import file_name, plain, sitemap, targets

REDIRECTIONS = 5
LONGEST_PAUSE = 10.0  # seconds; no robots.txt asks for more
Get = Callable[[str], Response]


class SiteOptions(Settings):
    """One site in a list: below `below` (unset: the folder of the first page) unless a sitemap names it."""

    address: str
    depth: int = Field(ge=0)
    pages: int = Field(ge=1)
    private: bool
    below: str | None = None

    @field_validator("address")
    @classmethod
    def _is_address(cls, address: str) -> str:
        if not (found := plain(address)):
            raise ValueError(f"{address!r} is no address of a page; write https://…")
        return found


def web(options: Mapping[str, object], settings: SourceSettings) -> Site:
    """Make a site of what a list or an address says; raises ValidationError."""
    general = {"depth": settings.depth, "pages": settings.pages, "private": settings.private}
    return Site(SiteOptions.model_validate({**general, **options}), settings)


@dataclass
class Site:
    """Walks a site breadth first, on one host, no deeper and no further than its options say."""

    options: SiteOptions
    settings: SourceSettings
    _skipped: list[Skipped] = field(default_factory=list)

    def fetch(self, folder: Path, tell: Tell) -> Sequence[Skipped]:
        """Write each page; raises FetchError where the first cannot be had."""
        self._skipped = []
        options, settings = self.options, self.settings
        count = 0
        with Connection(options.private, settings.mb << 20, settings.seconds) as connection:
            try:
                for url, response, known in self._pages(connection.get):
                    name = file_name(url, response.media)
                    if name is None:
                        self._skip(url, f"of no format that is read ({response.media or 'it says none'})")
                        continue
                    path = folder / name
                    try:
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_bytes(response.body)
                    except OSError as error:
                        self._skip(url, f"cannot be kept: {error.strerror}")
                        continue
                    count += 1
                    tell(count, max(count, known))
            except SourceLimitError as error:
                self._skip(options.address, f"the rest of it: {error}")
        if not count:
            reasons = "".join(f"\n  {each.name}: {each.reason}" for each in self._skipped)
            raise FetchError(f"nothing could be read from {options.address!r}:{reasons}")
        return tuple(self._skipped)

    def _skip(self, url: str, reason: str) -> None:
        self._skipped.append(Skipped(url, reason))

    def _pages(self, get: Get) -> Iterator[tuple[str, Response, int]]:
        """Yield (address, page, pages known of so far)."""
        start = self.options.address
        robots = _robots(get, start)
        pause = min(max(float(robots.crawl_delay(AGENT) or 0), self.settings.pause), LONGEST_PAUSE)
        queue, known, read = deque([(start, 0)]), {start}, 0
        while queue:
            url, depth = queue.popleft()
            if read >= self.options.pages:
                self._skip(url, f"beyond the limit of {self.options.pages} pages, as are {len(queue)} more")
                return
            if read or depth:
                time.sleep(pause)
            got = self._page(get, robots, url, known)
            if got is None:
                continue
            final, response = got
            if (named := sitemap(response.body)) is not None:
                places, _ = named
                found = [each for each in map(_plain, places) if each]
            else:
                read += 1
                yield final, response, read + len(queue)
                html = response.media in ("text/html", "application/xhtml+xml")
                found = targets(response.body, final) if html and depth < self.options.depth else []
                found = [each for each in found if self._is_below(each)]
                depth += 1
            for each in found:
                if each not in known and _host(each) == _host(start):
                    known.add(each)
                    queue.append((each, depth))

    def _page(self, get: Get, robots: RobotFileParser, url: str, known: set[str]) -> tuple[str, Response] | None:
        """Return a page and where it is, after redirections on the same host."""
        for _ in range(REDIRECTIONS):
            if not robots.can_fetch(AGENT, url):
                self._skip(url, "its robots.txt does not allow it")
                return None
            try:
                response = get(url)
            except (FetchError, ForbiddenAddressError) as error:
                self._skip(url, str(error))
                return None
            if response.status == 200:
                return url, response
            if response.status not in (301, 302, 303, 307, 308):
                self._skip(url, f"the site answers {response.status}")
                return None
            there = _plain(urljoin(url, response.headers.get("location", "")))
            if not there or _host(there) != _host(self.options.address):
                self._skip(url, f"leads to another site, {there or 'or nowhere'}; name that one too")
                return None
            if there in known and there != url:
                return None  # it has its own turn
            known.add(there)
            url = there
        self._skip(url, "leads on and on")
        return None

    def _is_below(self, url: str) -> bool:
        folder = self.options.below or urlsplit(self.options.address).path.rpartition("/")[0] + "/"
        return urlsplit(url).path.startswith(folder)


def _plain(url: str) -> str:
    try:
        return plain(url)
    except ValueError:
        return ""


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _robots(get: Get, start: str) -> RobotFileParser:
    """Read a site's rules: none where it has none, all is forbidden where it fails (RFC 9309, section 2.3.1)."""
    rules = RobotFileParser()
    try:
        response = get(urljoin(start, "/robots.txt"))
    except FetchError as error:
        raise FetchError(f"{start!r} cannot be read: {error}") from error
    except ForbiddenAddressError as error:
        raise FetchError(str(error)) from error
    if response.status >= 500:
        raise FetchError(f"{start!r} cannot be read: its robots.txt answers {response.status}; try again later")
    lines = response.body[: 500 << 10].decode("utf-8", "replace").splitlines() if response.status == 200 else []
    rules.parse(lines)
    return rules

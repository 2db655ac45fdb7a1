"""What stands beside the pipeline, from its settings: the entrance, chat channels, and where answers are kept."""

import hashlib
import tomllib
from dataclasses import dataclass
from functools import partial

from pydantic import TypeAdapter, ValidationError

from service.access.credentials import Credentials, is_loopback
from service.access.entrance import Entrance
from service.access.fair import FairQueue
from service.access.keys import LedgerKeys
from service.access.ledger import open_ledger
from service.access.limits import MEMORY, Limits
from service.access.principal import Allowance
from service.access.provider import Grant, Provider
from service.access.settings import AccessSettings
from service.channels.channel import Channel
from service.channels.dingtalk import Dingtalk
from service.channels.feishu import Feishu
from service.channels.slack import Slack
from service.channels.wecom import Wecom
from service.serve.candidacy import Candidacy
from service.serve.pool import Pool
from service.serve.shelf import FileShelf, Shelf
from service.serve.store import MEGABYTE, Store
from service.settings import AnswerSettings, ServiceSettings, StoreSettings, WriterSettings

_WRITER: TypeAdapter[WriterSettings] = TypeAdapter(WriterSettings)


@dataclass(frozen=True, slots=True)
class TriedWriter:
    """A writer that is tried, and what has become of it."""

    writer: WriterSettings
    candidacy: Candidacy


def open_entrance(settings: ServiceSettings) -> Entrance:
    """Open the keys, and what else stands before the doors; raises LedgerError, ValueError for a wrong setting."""
    own = settings.access
    ledger = open_ledger(own)
    keys = LedgerKeys(ledger)
    return Entrance(
        ledger,
        keys,
        Credentials(keys, _provider(own), is_loopback(settings.host), own.open, own.pages, own.public),
        Limits(Allowance(own.per_minute, own.at_once, own.tokens_a_day), own.storage.get_secret_value()),
        FairQueue(settings.in_flight, own.waiting, own.waiting_seconds),
    )


def _provider(s: AccessSettings) -> Provider | None:
    if s.issuer is None or s.audience is None:
        return None
    groups = {name: Grant(tuple(each.scopes), tuple(each.documents)) for name, each in s.groups.items()}
    return Provider(s.issuer, s.audience, s.jwks, s.claim, groups)


def open_channels(s: ServiceSettings) -> list[Channel]:
    """Make the chat channels whose keys are given; raises ValueError for a wrong one."""
    makers = {Slack: s.slack, Feishu: s.feishu, Dingtalk: s.dingtalk, Wecom: s.wecom}
    return [make(**own.values) for make, own in makers.items() if own.on]


def open_pool(s: AnswerSettings) -> Pool | None:
    """Say where answers are shared; None for nowhere. Raises ValueError for a wrong address, or without the extra."""
    address = s.storage.get_secret_value()
    if address == MEMORY:
        return None
    try:
        from service.serve.pooled import RedisPool  # an extra
    except ImportError as error:
        raise ValueError(f"answer.storage needs an extra: pip install 'outline-qa[redis]' ({error})") from error
    return RedisPool.at(address)


def open_candidate(s: ServiceSettings) -> TriedWriter | None:
    """Read the settings of a candidate to write; None for none. Raises ValueError for a file that is not right."""
    if s.trial.writer is None:
        return None
    try:
        writer = _WRITER.validate_python(tomllib.loads(s.trial.writer.read_text("utf-8")))
        rules = getattr(writer, "prompt", None)
        said = rules.read_text("utf-8") if rules else ""
    except ValidationError as error:  # its own text would show the key that was given
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ValueError(f"trial.writer {str(s.trial.writer)!r}: {faults}") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"trial.writer {str(s.trial.writer)!r}: {error}") from error
    own = f"{writer.model_dump_json(exclude={'api_key'})}\0{said}"
    return TriedWriter(writer, Candidacy(s.index, hashlib.sha256(own.encode()).hexdigest()[:12]))


def open_shelf(s: StoreSettings) -> Shelf:
    """Say where answers are kept; raises ValueError for a wrong address, or where an extra is missing."""
    if s.url is None:
        opened = partial(Store, keep_days=s.keep_days, rated_days=s.rated_days, max_bytes=s.max_mb * MEGABYTE)
        return FileShelf(s.path, opened)
    try:
        from service.serve.postgres import ServerShelf  # an extra
    except ImportError as error:
        raise ValueError(f"store.url needs an extra: pip install 'outline-qa[postgres]' ({error})") from error
    return ServerShelf(s.url.get_secret_value(), s.keep_days, s.rated_days)

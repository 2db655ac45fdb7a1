"""Personal data and credentials in text, by patterns that would rather miss than mask wrongly."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from ingest.clean.report import Edit, edits

Kind = Literal["email", "phone", "id-number", "card-number", "secret"]


@dataclass(frozen=True, slots=True)
class Secret:
    """A half-open span of code points."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class _Rule:
    """Masks group `value` of the matches of `pattern` that are `real`."""

    kind: Kind
    pattern: re.Pattern[str]
    real: Callable[[re.Match[str]], bool]


def find_secrets(text: str) -> list[Secret]:
    """Find what to mask, in order of position and without overlaps."""
    found = [
        Secret(rule.kind, *match.span("value"))
        for rule in _RULES
        for match in rule.pattern.finditer(text)
        if rule.real(match)
    ]
    apart: list[Secret] = []
    for secret in sorted(found, key=attrgetter("start")):  # stable: the earlier rule wins
        if not apart or secret.start >= apart[-1].end:
            apart.append(secret)
    return apart


def mask_secrets(text: str) -> tuple[str, list[Edit]]:
    """Replace each secret by its kind in brackets, as in `[email]`."""
    secrets = find_secrets(text)
    parts: list[str] = []
    end = 0
    for secret in secrets:
        parts += [text[end : secret.start], f"[{secret.kind}]"]
        end = secret.end
    return "".join([*parts, text[end:]]), edits(text, [(s.kind, s.start) for s in secrets])


def _always(_: re.Match[str]) -> bool:
    return True


def _is_phone(match: re.Match[str]) -> bool:
    return bool(match["label"]) or not _is_binary_size(match["value"])


def _is_id_number(match: re.Match[str]) -> bool:
    """Check the last character by ISO 7064 MOD 11-2, as GB 11643-1999 has it."""
    number = match["value"]
    total = sum(int(digit) * pow(2, 17 - i, 11) for i, digit in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17].upper()


def _is_card(match: re.Match[str]) -> bool:
    """Check the issuer's range and length, and the last digit by ISO/IEC 7812-1 (Luhn)."""
    digits = _digits(match["value"])
    doubled = [int(digit) * (2 if i % 2 else 1) for i, digit in enumerate(reversed(digits))]
    luhn = sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
    return luhn and bool(_CARD_ISSUER.fullmatch(digits)) and not _is_binary_size(digits)


def _is_binary_size(number: str) -> bool:
    """Tell parameter counts, byte sizes and rows of layer widths: 13015864320, 17179869184, 192 1024 4096.

    They are multiples of 256, as is one phone number in 256.
    """
    return int(_digits(number)) % 256 == 0


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _is_random(match: re.Match[str]) -> bool:
    """Tell a generated key from words with a version number: a long mixed run without separators."""
    value = match["value"]
    return _is_mixed(value, bits=3.0) and any(
        re.search("[0-9]", run) and re.search("[A-Za-z]", run) for run in re.findall("[A-Za-z0-9]{12,}", value)
    )


def _is_password(match: re.Match[str]) -> bool:
    return _is_mixed(match["value"], bits=2.5) and not _NAME.fullmatch(match["value"])


def _is_mixed(value: str, bits: float) -> bool:
    """Letters and digits, not a placeholder, and `bits` of Shannon entropy a character."""
    counts = Counter(value).values()
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
    has_both = re.search("[0-9]", value) and re.search("[A-Za-z]", value)
    return bool(has_both) and entropy >= bits and not _PLACEHOLDER.search(value)


def _has_key_material(match: re.Match[str]) -> bool:
    """Tell a PEM block from one cut short or filled with dots or x."""
    return any(len(set(run)) > 8 for run in re.findall(r"[A-Za-z0-9+/]{32,}", match["value"]))


_PLACEHOLDER = re.compile(
    r"(?i)your|x{4}|example|placeholder|change_?me|replace|dummy|sample|redacted|insert|\.\.\.|\*{3}|^[$%]|[<>{}]"
    r"|123456|abcdef"
    r"|(\w)\1{4}"
)
# What names a password or where it stands, and is none: an attribute, a variable, an option, an address, a file.
_NAME = re.compile(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|\w*_(?i:pass(?:word|wd)?|pwd|key|token|secret)\w*"
    r"|--[a-z][\w-]*|https?://.*|(?:\.{0,2}/)?(?:[\w.-]+/)+[\w-]+\.\w{1,8}"
)
_CARD_ISSUER = re.compile(
    r"4\d{12}(?:\d{3}){0,2}"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|62\d{14,17}"  # UnionPay
    r"|(?:6011|65\d\d)\d{12}"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12}",  # JCB
    re.ASCII,
)
# Top-level domains in use for mail; a free choice would take code such as q@k.transpose for an address.
_TLD = (
    "com|org|net|edu|gov|mil|int|info|biz|name|pro|io|ai|co|me|tv|cc|dev|app|tech|cloud|xyz|top|vip|site|online|club|wang"
    "|cn|hk|mo|tw|sg|jp|kr|in|my|th|vn|id|ph|au|nz|us|ca|mx|br|ar|uk|ie|de|fr|nl|be|lu|ch|at|it|es|pt|se|no|dk|fi|is|pl"
    "|cz|sk|hu|ro|bg|gr|tr|ru|ua|il|ae|sa|za|ng|ke|eg|eu|asia"
)


def _rule(kind: Kind, pattern: str, real: Callable[[re.Match[str]], bool] = _always) -> _Rule:
    # ASCII, so that an address or number right after Chinese counts as the start of a word.
    return _Rule(kind, re.compile(pattern, re.ASCII), real)


# "密码：`DB_PASSWORD=…`": the variable, in capitals or of several words, stays readable.
_VARIABLE = (
    r"(?:(?-i:[A-Z][A-Z0-9]{2,63}|[A-Za-z][A-Za-z0-9]{0,31}_\w{1,63})[\"'`]?\s{0,2}[=:]\s{0,2}[\"'`]?(?=[\w$!#]))?+"
)
# Where two rules meet, the earlier wins. Repeats are bounded or possessive, so the time is linear.
_RULES = (
    _rule(
        "secret",
        r"(?P<value>-----BEGIN (?P<type>[A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?)-----"
        r"(?:[^-]|-(?!----))*+-----END (?P=type)-----)",
        _has_key_material,
    ),
    _rule("secret", r"(?<![\w-])(?P<value>eyJ[\w-]{10,}+\.eyJ[\w-]{10,}+\.[\w-]{10,}+)"),  # JWT, RFC 7519
    _rule(
        "secret",
        r"(?<![\w-])(?P<value>sk-[\w-]{16,}+|gh[pousr]_[A-Za-z0-9]{36,}+|github_pat_\w{22,}+|glpat-[\w-]{20,}+"
        r"|hf_[A-Za-z0-9]{30,}+|xox[abprs]-[\w-]{10,}+|AIza[\w-]{35}|A[KS]IA[A-Z0-9]{16}"
        r"|(?:LTAI|AKID)[A-Za-z0-9]{12,}+)",
        _is_random,
    ),
    _rule("secret", r"\b[Bb]earer +(?P<value>[\w.~+/-]{20,}+=*)", _is_random),
    _rule("secret", r"://[^\s/@:]{0,64}:(?P<value>[^\s/@:]{8,128})@", _is_password),
    _rule(
        "secret",
        r"(?i)(?:(?:api|secret|access|auth|private|client)[_ -]?(?:key|token|secret)(?:[_ -]?id)?|密钥|秘钥)"
        r"[\"'`*]{0,3}\s{0,4}(?:[:=]=?>?|：)\s{0,4}[\"'`]?" + _VARIABLE + r"(?P<value>[\w+/.=~-]{16,}+)(?![\[({])",
        _is_random,
    ),
    _rule(
        "secret",
        r"(?i)(?:passw(?:or)?d|passphrase|\bpwd|密码|口令)"
        r"[\"'`*]{0,3}\s{0,4}(?:[:=]|：)\s{0,4}[\"'`]?"
        + _VARIABLE
        + r"(?P<value>[!#$%&*+./:=?@^~\w-]{8,64}+)(?![\[({])",
        _is_password,
    ),
    _rule(
        "email",
        r"(?<![\w.%+-])(?P<value>[A-Za-z0-9][\w.%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}(?i:" + _TLD + r"))"
        r"(?![\w(\[-]|\.\w|:[\w/~])",  # not code such as x@w.in(...), not a login as in git@host.org:path
    ),
    _rule(
        "id-number",
        r"(?<![\w.])(?P<value>[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])(?![\w]|\.\d)",
        _is_id_number,
    ),
    _rule(
        "card-number",
        r"(?<![\w./-])(?P<value>\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{4}(?:(?P=gap)\d{3})?"
        r"|3[47]\d\d(?P<gap2>[ -])\d{6}(?P=gap2)\d{5}|\d{13,19})(?![\w-]|\.\d)",
        _is_card,
    ),
    _rule(
        "phone",
        r"(?<![\w./-])(?P<label>(?:\+|00)?86[ -]?"
        r"|(?i:电话|手机号?码?|微信号?|phone|mobile|tel)[\"']?\s{0,4}[:：=]?\s{0,4}[\"']?)?"
        r"(?P<value>1(?:3\d|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])(?P<gap>[ -]?)\d{4}(?P=gap)\d{4})"
        r"(?![\w-]|[.,]\d)",
        _is_phone,
    ),
)

"""Put facts about the outline into sentences that cite its own lines."""

from collections import Counter
from collections.abc import Sequence

from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service.language.phrases import Language
from service.search.passages import Passage, entry_line, section_line
from service.understand.outline_facts import Facts
from service.write.writer import Quote, Sentence, Statement


def state(facts: Facts, snapshot: Snapshot, language: Language) -> Statement:
    """Return what the facts say, with the lines they are read from as passages."""
    writer = _Facts(snapshot, language)
    match facts.kind:
        case "entry":
            for entry in facts.entries:
                writer.entry(entry)
        case "sections":
            writer.sections(facts)
        case _:
            writer.entries(facts)
    return Statement(tuple(writer.passages), tuple(writer.sentences))


class _Facts:
    def __init__(self, snapshot: Snapshot, language: Language) -> None:
        self._snapshot, self._zh = snapshot, language == "zh"
        self.passages: list[Passage] = []
        self.sentences: list[Sentence] = []

    def entry(self, entry: Entry) -> None:
        section, stars = entry.section_title, _stars(entry)
        if self._zh:
            state = "有答案" if entry.answered else "没有答案"
            text = f"**{entry.id}**（第 {entry.section} 部分「{section}」，{stars}，{state}）：{entry.question}"
        else:
            state = "has an answer" if entry.answered else "has no answer"
            text = f"**{entry.id}** (section {entry.section}, {section}; {stars}; {state}): {entry.question}"
        self._say(text, [entry_line(self._snapshot, entry)])

    def entries(self, facts: Facts) -> None:
        everything = self._snapshot.entries
        inside = [e for e in everything if facts.section is None or e.section == facts.section]
        headings = _first_of_sections(inside if facts.section else everything)
        lines = [section_line(self._snapshot, entry) for entry in headings]
        if not inside:
            last = max(e.section for e in everything)
            none = f"大纲只有第 1 到第 {last} 部分。" if self._zh else f"The outline has sections 1 to {last}."
            self._say(none, lines)
            return
        self._say(self._whole(inside, facts), lines)
        if facts.stars or facts.answered is not None or facts.topic:
            self._say(self._selected(facts), lines)
        if facts.listing or (facts.entries != tuple(inside) and len(facts.entries) <= 10):
            for entry in facts.entries:
                self._say(
                    f"- **{entry.id}** {_stars(entry)} {entry.question}{self._flag(entry)}",
                    [entry_line(self._snapshot, entry)],
                )
        elif facts.section is None:
            self._by_section(facts.entries)

    def sections(self, facts: Facts) -> None:
        firsts = _first_of_sections(facts.entries)
        lines = [section_line(self._snapshot, entry) for entry in firsts]
        if not firsts:
            return
        count = len(firsts)
        self._say(f"符合条件的部分有 {count} 个：" if self._zh else f"There are {count} such sections:", lines)
        self._by_section(facts.entries)

    def _by_section(self, entries: Sequence[Entry]) -> None:
        for first in _first_of_sections(entries):
            here = [e for e in entries if e.section == first.section]
            answered = sum(e.answered for e in here)
            text = (
                f"- 第 {first.section} 部分「{first.section_title}」：{len(here)} 个条目，其中 {answered} 个有答案"
                if self._zh
                else f"- Section {first.section}, {first.section_title}: {len(here)} entries, {answered} answered"
            )
            self._say(text, [section_line(self._snapshot, first)])

    def _whole(self, inside: Sequence[Entry], facts: Facts) -> str:
        stars = Counter(entry.stars for entry in inside)
        missing = sum(not entry.answered for entry in inside)
        if self._zh:
            where = f"第 {facts.section} 部分「{inside[0].section_title}」" if facts.section else "大纲"
            levels = "、".join(f"{n} 星 {stars[n]} 个" for n in sorted(stars, reverse=True))
            rest = f"{missing} 个没有答案" if missing else "全部有答案"
            return f"{where}共有 {len(inside)} 个条目：{levels}；{len(inside) - missing} 个有答案，{rest}。"
        where = f"Section {facts.section}, {inside[0].section_title}," if facts.section else "The outline"
        levels = ", ".join(f"{stars[n]} with {n} stars" for n in sorted(stars, reverse=True))
        have = f"{len(inside) - missing} have an answer and {missing} have none"
        return f"{where} has {len(inside)} entries: {levels}; {have}."

    def _selected(self, facts: Facts) -> str:
        count = len(facts.entries)
        parts: list[str] = []
        if facts.stars:
            number, more = facts.stars
            parts.append(
                f"{number} 星{'及以上' if more else ''}" if self._zh else f"{number} stars{' or more' if more else ''}"
            )
        if facts.answered is not None:
            zh, en = ("有答案", "an answer") if facts.answered else ("没有答案", "no answer")
            parts.append(zh if self._zh else en)
        if facts.topic:
            parts.append(f"题目涉及「{facts.topic}」" if self._zh else f"{facts.topic!r} in the question")
        joined = ("、" if self._zh else " and ").join(parts)
        return f"其中{joined}的有 {count} 个。" if self._zh else f"Of these, {count} have {joined}."

    def _flag(self, entry: Entry) -> str:
        if entry.answered:
            return ""
        return "（没有答案）" if self._zh else " (no answer)"

    def _say(self, text: str, lines: Sequence[Passage]) -> None:
        first = len(self.passages)
        self.passages += lines
        quotes = tuple(Quote(first + i, line.start, line.end) for i, line in enumerate(lines))
        self.sentences.append(
            Sentence(text, quotes, "\n" if text.startswith("-") else "\n\n" if self.sentences else "")
        )


def _stars(entry: Entry) -> str:
    return "★" * entry.stars + "☆" * (5 - entry.stars)


def _first_of_sections(entries: Sequence[Entry]) -> list[Entry]:
    return list({entry.section: entry for entry in reversed(entries)}.values())[::-1]

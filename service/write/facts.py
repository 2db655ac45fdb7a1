"""Put facts about the outline into sentences that cite its own lines."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service.language.claims import MARKER
from service.language.phrases import Language
from service.search.passages import Passage, entry_line, section_line
from service.understand.outline import Facts, Section
from service.understand.slots import MOST_STARS
from service.write.opening import headings, statement
from service.write.writer import Quote, Sentence, Statement

MOST_LISTED = 200  # entries of one list
MOST_DOCUMENTS = 10  # named in an overview
MOST_HEADINGS = 12  # of one document without entries
SHORT_LIST = 10  # so few entries are listed though only their number was asked for


def stated(facts: Facts, snapshot: Snapshot, language: Language) -> Statement:
    """Return what the facts say, with the lines they are read from as passages."""
    writer = _Facts(snapshot, language)
    table = {
        "entry": writer.entry,
        "entries": writer.selection,
        "sections": writer.sections,
        "summary": writer.summary,
        "overview": writer.overview,
        "bounds": writer.bounds,
    }
    table[facts.kind](facts)
    return Statement(tuple(writer.passages), tuple(writer.sentences))


class _Facts:
    def __init__(self, snapshot: Snapshot, language: Language) -> None:
        self._snapshot, self._zh = snapshot, language == "zh"
        self._several = len({entry.document for entry in snapshot.entries}) > 1
        self.passages: list[Passage] = []
        self.sentences: list[Sentence] = []

    def entry(self, facts: Facts) -> None:
        for entry in facts.entries:
            stars = _stars(entry)
            if self._zh:
                state = "有答案" if entry.answered else "没有答案"
                place = f"第 {entry.section} 部分「{entry.section_title}」"
                text = f"**{entry.id}**（{self._of(entry)}{place}，{stars}，{state}）：{entry.question}"
            else:
                state = "has an answer" if entry.answered else "has no answer"
                place = f"section {entry.section}, {entry.section_title}"
                text = f"**{entry.id}** ({self._of(entry)}{place}; {stars}; {state}): {entry.question}"
            self._say(text, [entry_line(self._snapshot, entry)])

    def selection(self, facts: Facts) -> None:
        """How many entries there are where the question looks, how many of them qualify, and which."""
        inside = _inside(facts.within)
        lines = self._headings(facts.within)
        self._say(self._whole(facts.within, facts.narrowed), lines)
        if facts.stars or facts.answered is not None:
            self._say(self._qualifying(facts), lines)
        if facts.topic:
            self._say(self._mentioning(facts), lines)
        chosen = (*facts.entries, *facts.mentioned)
        if facts.listing or (chosen != inside and len(chosen) <= SHORT_LIST):
            self._list(chosen)
        elif not facts.narrowed or len(facts.within) > 1:
            self._by_section(_grouped(facts.entries, facts.within))

    def sections(self, facts: Facts) -> None:
        lines = self._headings(facts.within)
        if facts.counting and not facts.narrowed:
            self._say(self._whole(facts.within, False), lines)
        count = len(facts.within)
        if facts.narrowed:
            text = f"符合条件的部分有 {count} 个：" if self._zh else f"There are {count} such sections:"
        else:
            text = f"共有 {count} 个部分：" if self._zh else f"There are {count} sections:"
        self._say(text, lines)
        self._by_section(facts.within)

    def summary(self, facts: Facts) -> None:
        """The first statement of each entry; of one without an answer, that there is none."""
        for section in facts.within:
            self._say(self._whole([section], True), self._headings([section]))
            for entry in section.entries[:MOST_LISTED]:
                passage = statement(self._snapshot, entry) if entry.answered else None
                if passage is None:
                    self._list([entry])
                else:
                    colon = "：" if self._zh else ": "
                    marker = MARKER.match(passage.text)
                    said = " ".join(passage.text[marker.end() if marker else 0 :].split())
                    self._say(f"- **{entry.id}** {entry.question}{colon}{said}", [passage])

    def overview(self, facts: Facts) -> None:
        """What each outline holds; of documents without entries, their headings."""
        documents = dict.fromkeys(section.document for section in facts.within)
        for document in list(documents)[:MOST_DOCUMENTS]:
            own = [section for section in facts.within if section.document == document]
            self._say(self._whole(own, False), self._headings(own))
            self._by_section(own)
        if not documents:
            for document in list(self._snapshot.documents)[:MOST_DOCUMENTS]:
                lines = list(headings(self._snapshot, document))[:MOST_HEADINGS]
                names = ("、" if self._zh else "; ").join(dict.fromkeys(line.text for line in lines))
                name = PurePath(document).stem
                self._say(f"- 《{name}》：{names}" if self._zh else f"- {name}: {names}", lines)

    def bounds(self, facts: Facts) -> None:
        numbers = [section.number for section in facts.within]
        first, last = min(numbers), max(numbers)
        text = f"大纲只有第 {first} 到第 {last} 部分。" if self._zh else f"The outline has sections {first} to {last}."
        self._say(text, self._headings(facts.within))

    def _list(self, entries: Sequence[Entry]) -> None:
        for entry in entries[:MOST_LISTED]:
            text = f"- **{entry.id}** {self._of(entry)}{_stars(entry)} {entry.question}{self._flag(entry)}"
            self._say(text, [entry_line(self._snapshot, entry)])

    def _by_section(self, sections: Iterable[Section]) -> None:
        for section in sections:
            answered = sum(entry.answered for entry in section.entries)
            name, count, of = section.title, len(section.entries), self._of(section.entries[0])
            text = (
                f"- {of}第 {section.number} 部分「{name}」：{count} 个条目，其中 {answered} 个有答案"
                if self._zh
                else f"- {of}Section {section.number}, {name}: {count} entries, {answered} answered"
            )
            self._say(text, self._headings([section]))

    def _whole(self, sections: Sequence[Section], narrowed: bool) -> str:
        inside = _inside(sections)
        stars = Counter(entry.stars for entry in inside)
        missing = sum(not entry.answered for entry in inside)
        where = self._where(sections, narrowed)
        if self._zh:
            levels = "、".join(f"{n} 星 {stars[n]} 个" for n in sorted(stars, reverse=True))
            rest = f"{missing} 个没有答案" if missing else "全部有答案"
            return f"{where}共有 {len(inside)} 个条目：{levels}；{len(inside) - missing} 个有答案，{rest}。"
        levels = ", ".join(f"{stars[n]} with {n} stars" for n in sorted(stars, reverse=True))
        have = f"{len(inside) - missing} have an answer and {missing} have none"
        verb = "have" if narrowed and len(sections) > 1 else "has"
        return f"{where} {verb} {len(inside)} entries: {levels}; {have}."

    def _where(self, sections: Sequence[Section], narrowed: bool) -> str:
        documents = dict.fromkeys(section.document for section in sections)
        if not narrowed:
            names = ("、" if self._zh else ", ").join(PurePath(document).stem for document in documents)
            if self._several:
                return f"《{names}》" if self._zh else names
            return "大纲" if self._zh else "The outline"
        if len(sections) > 1:
            numbers = [str(section.number) for section in sections]
            return f"第 {'、'.join(numbers)} 部分" if self._zh else f"Sections {' and '.join(numbers)}"
        section = sections[0]
        of = self._of(section.entries[0])
        if self._zh:
            return f"{of}第 {section.number} 部分「{section.title}」"
        return f"{of}Section {section.number}, {section.title},"

    def _qualifying(self, facts: Facts) -> str:
        count = len(facts.entries) + len(facts.mentioned)
        kinds: list[str] = []
        if facts.stars:
            number, more = facts.stars.number, facts.stars.more
            kinds.append(
                f"{number} 星{'及以上' if more else ''}" if self._zh else f"{number} stars{' or more' if more else ''}"
            )
        if facts.answered is not None:
            zh, en = ("有答案", "an answer") if facts.answered else ("没有答案", "no answer")
            kinds.append(zh if self._zh else en)
        if facts.topic:
            kinds.append(f"提到「{facts.topic}」" if self._zh else f"a mention of {facts.topic!r}")
        joined = ("、" if self._zh else " and ").join(kinds)
        return f"其中{joined}的有 {count} 个。" if self._zh else f"Of these, {count} have {joined}."

    def _mentioning(self, facts: Facts) -> str:
        titled, texts = len(facts.entries), len(facts.mentioned)
        if self._zh:
            return f"有 {titled + texts} 个条目提到「{facts.topic}」：题目里 {titled} 个，只在正文里 {texts} 个。"
        return f"{titled + texts} entries mention {facts.topic!r}: {titled} in the question, {texts} only in the text."

    def _headings(self, sections: Iterable[Section]) -> list[Passage]:
        return [section_line(self._snapshot, section.entries[0]) for section in sections]

    def _of(self, entry: Entry) -> str:
        """Whose entry it is, where there are several outlines."""
        if not self._several:
            return ""
        name = PurePath(entry.document).stem
        return f"《{name}》" if self._zh else f"{name}, "

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
    return "★" * entry.stars + "☆" * (MOST_STARS - entry.stars)


def _inside(sections: Iterable[Section]) -> tuple[Entry, ...]:
    return tuple(entry for section in sections for entry in section.entries)


def _grouped(entries: Sequence[Entry], sections: Iterable[Section]) -> list[Section]:
    """The sections with those of their entries that are given, where there are any."""
    chosen = set(map(id, entries))
    own = [Section(s.document, s.number, s.title, tuple(e for e in s.entries if id(e) in chosen)) for s in sections]
    return [section for section in own if section.entries]

"""What lines of a passage hang on: items on parents or lead-ins, sentences on theirs, notes on their marks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ingest.parse.footnotes import DEFINITION, marked
from service.write.line import Line

SHARE = 0.5  # of a list: where so many of its items answer, all are given


@dataclass(frozen=True, slots=True)
class Tree:
    """`parents` are the lines that lines hang on, None for those that stand alone; `lists` where each item's begins."""

    parents: tuple[int | None, ...]
    lists: tuple[int | None, ...]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Tree":
        """Read the structure of a passage."""
        parents: list[int | None] = []
        lists: list[int | None] = []
        open_items: list[int] = []  # of the list that goes on, outermost first
        lead: int | None = None  # what announces that list
        start: int | None = None
        for i, line in enumerate(lines):
            before = lines[i - 1] if i and lines[i - 1].headings == line.headings else None
            announced = i - 1 if before and before.announces else None
            if line.unit.kind == "note":
                label = DEFINITION.match(line.text)
                own = (n for n in range(i) if label and label["label"] in marked(lines[n].text))
                parents.append(next(own, None))
                lists.append(None)
                continue
            if before is None:
                open_items, lead, start = [], None, None
            if line.unit.kind != "list_item":
                goes_on = before and line.unit.kind == before.unit.kind == "paragraph" and not line.unit.opens
                parents.append(parents[-1] if goes_on and announced is None else announced)
                lists.append(None)
                if line.unit.kind == "paragraph":
                    open_items, lead, start = [], None, None
                continue
            if start is None:
                lead, start = announced, i
            while open_items and lines[open_items[-1]].unit.indent >= line.unit.indent:
                open_items.pop()
            parents.append(open_items[-1] if open_items else lead)
            lists.append(None if line.reference else start)
            open_items.append(i)
        return cls(tuple(parents), tuple(lists))

    def hangs(self, i: int, on: int) -> bool:
        """Whether line i hangs on another, or on what hangs on that."""
        above = self.parents[i]
        return above is not None and (above == on or self.hangs(above, on))

    def whole(self, keep: Collection[int], share: float = SHARE) -> set[int]:
        """Add what lines hang on and what hangs on them, and their siblings where more than a share of them is kept."""
        kept = set(keep)
        for group in self._siblings():
            if (held := len(kept.intersection(group))) and held >= share * len(group):
                kept.update(group)
        wanted = set(kept)
        for i in range(len(self.parents)):  # parents stand before their children
            if self.parents[i] in kept:
                kept.add(i)
        for i in kept:
            above: int | None = i
            while above is not None:
                wanted.add(above)
                above = self.parents[above]
        return wanted

    def beside(self, i: int) -> list[int]:
        """The items of the list that an item is one of."""
        return next(group for group in self._siblings() if i in group)

    def _siblings(self) -> list[list[int]]:
        groups: dict[tuple[int | None, int], list[int]] = {}
        for i, (parent, start) in enumerate(zip(self.parents, self.lists, strict=True)):
            if start is not None:
                groups.setdefault((parent, start), []).append(i)
        return list(groups.values())

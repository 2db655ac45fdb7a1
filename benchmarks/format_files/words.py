"""What the files say: sections, sentences and a table, in Chinese or English, by a seed."""

from __future__ import annotations

import html
import random
from dataclasses import dataclass, field
from typing import Any

SUBJECTS = {
    "zh": ["冷却塔", "门禁系统", "净水机", "温室大棚", "电梯", "消防泵", "档案室", "食堂", "充电桩", "配电柜"],
    "en": ["cooling tower", "front gate", "water filter", "greenhouse", "lift", "fire pump", "archive", "canteen",
           "charging post", "switchboard"],
}  # fmt: skip
SENTENCES = {
    "zh": [
        "{s}每{a}天检查一次，由第{b}班负责记录。", "发现{s}漏水时要在{a}分钟内上报，并关闭第{b}号阀门。",
        "{s}的备件存放在第{b}库房，领用时登记编号{a}。", "温度超过{a}度时，{s}自动停机，{b}小时后再试。",
        "新员工培训{a}天以后才能单独操作{s}，期间由{b}级师傅带领。", "{s}的年度保养费用约为{a}元，比上年减少了{b}元。",
    ],
    "en": [
        "The {s} is checked every {a} days, and shift {b} keeps the record.",
        "When the {s} leaks, report it within {a} minutes and close valve number {b}.",
        "Spare parts of the {s} are kept in store {b} under the number {a}.",
        "Above {a} degrees the {s} stops by itself; try again after {b} hours.",
        "New staff may work at the {s} alone after {a} days of training with a guide of grade {b}.",
    ],
}  # fmt: skip
HEADINGS = {
    "zh": ["日常检查", "故障处理", "备件与费用"],
    "en": ["Daily checks", "Faults and repairs", "Parts and costs"],
}
HEADS = {"zh": ["设备", "型号", "功率", "地点"], "en": ["device", "model", "power", "place"]}


@dataclass(frozen=True)
class Sample:
    """A file and what it says: its sections with their sentences, in order, and the rows of its table."""

    name: str
    raw: bytes
    headings: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    formula: str = ""
    scanned: bool = False


@dataclass
class Words:
    """A document to be written in some format."""

    language: str
    seed: int
    table: int = 0
    long: int = 4
    title: str = ""
    sections: list[tuple[str, list[str]]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        dice = random.Random(self.seed)
        subject = SUBJECTS[self.language][self.seed % 10]
        self.title = f"{subject}管理手册" if self.language == "zh" else f"Manual of the {subject}"
        for heading in HEADINGS[self.language]:
            lines = [
                dice.choice(SENTENCES[self.language]).format(s=subject, a=dice.randint(11, 999), b=dice.randint(2, 99))
                for _ in range(self.long)
            ]
            self.sections.append((heading, lines))
        word = "机组" if self.language == "zh" else "unit "
        if self.table:
            self.rows = [HEADS[self.language]] + [
                [
                    f"{word}{i}",
                    f"K{self.seed}-{dice.randint(100, 999)}",
                    f"{dice.randint(10, 990)} kW",
                    f"{word}{i}-{i % 7}",
                ]
                for i in range(1, self.table + 1)
            ]

    def sample(self, name: str, raw: bytes, **more: Any) -> Sample:
        sentences = tuple(line for _, lines in self.sections for line in lines)
        headings = (self.title, *(heading for heading, _ in self.sections))
        return Sample(name, raw, headings, sentences, tuple(map(tuple, self.rows)), **more)

    def page(self, style: str = "", columns: int = 1, formula: str = "", lines: bool = True) -> str:
        """The document as HTML."""
        gap = "" if self.language == "zh" else " "
        body = "".join(
            f"<h2>{h}</h2><p>{html.escape(gap.join(lines[: len(lines) // 2]))}</p>"
            f"<p>{html.escape(gap.join(lines[len(lines) // 2 :]))}</p>"
            for h, lines in self.sections
        )
        rows = "".join(
            f"<tr>{''.join(f'<t{d}>{html.escape(cell)}</t{d}>' for cell in row)}</tr>"
            for d, row in zip(["h", *"d" * len(self.rows)], self.rows, strict=False)
        )
        border = "border-collapse:collapse" if lines else "border:0"
        cells = "th,td{border:1px solid #333;padding:3px 14px}" if lines else "td,th{padding:3px 20px;text-align:left}"
        return (
            f"<html lang={self.language}><head><meta charset=utf-8><title>{self.title}</title><style>"
            f"body{{font-family:'Noto Serif CJK SC',serif;font-size:12pt}} table{{{border}}} {cells} {style}"
            f"</style></head><body><h1>{self.title}</h1><div style='column-count:{columns}'>{body}</div>{formula}"
            + (f"<h2>{'清单' if self.language == 'zh' else 'List'}</h2><table>{rows}</table>" if rows else "")
            + "</body></html>"
        )

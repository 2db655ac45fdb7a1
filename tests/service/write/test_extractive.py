"""Which sentences of a long entry the extractive writer picks, with scores and without."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ingest.chunk import Head
from ingest.chunk.units import LONG_TABLE
from service.check.quotes import Checker
from service.search.passages import Passage
from service.search.rerank import UnreadError
from service.search.retrieve import Query
from service.write.choose import APART, BESIDE, MANY, NEAR, ONE, READ, SURE, Nearness, Relevance
from service.write.extractive import ExtractiveWriter
from service.write.line import SHORT_CODE
from service.write.together import SHORT
from service.write.writer import Gap, Sentence
from tests.support.packs import WORDS
from tests.support.packs import question as read

FILLER = "这一句说的是别的事情，与所问的毫无关系，只是为了把条目写长一些而已。"
COST = "训练成本随参数数量增长。"
MEMORY = "显存占用可以用量化来降低。"
SPEED = "推理速度取决于带宽。"
LEAD = "步骤如下："
STEPS = ("- 先收集数据。", "- 再清洗数据。")
BEHIND = 1.5  # log odds that a sentence may be behind the best one
QUESTION = "量化对显存有什么用？"


# Of two sentences the better is right with odds of exp(behind / BEHIND); another is given until SURE is reached.
ENOUGH = BEHIND * math.log(SURE / (1 - SURE))


def passage(text: str, entry: str = "1.1") -> Passage:
    return Passage(f"c-{entry}", entry, "a.md", ("1. 节", "题？"), 0, len(text), text, 1.0)


def long(*statements: str) -> Passage:
    """An entry too long to be given whole: the statements, each a paragraph, among filler."""
    paragraphs = [*statements, *(f"第 {i} 点。{FILLER}" for i in range(SHORT // len(FILLER) + 1))]
    return passage("\n\n".join(paragraphs))


def scoring(**scores: float) -> tuple[Relevance, list[str]]:
    """Scores by a word of the text, -9 for others; and the texts that were asked about."""
    seen: list[str] = []

    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        assert query.text == QUESTION
        seen.extend(texts)
        return [next((score for word, score in scores.items() if word in text), -9.0) for text in texts]

    return relevance, seen


async def nothing(query: Query, texts: Sequence[str]) -> Sequence[float]:
    return []


def written(
    relevance: Relevance, *passages: Passage, question: str = QUESTION, nearness: Nearness | None = None
) -> list[str]:
    async def collect() -> list[str]:
        writer = ExtractiveWriter(WORDS, lambda term: 1.0, relevance, unit=BEHIND, nearness=nearness)
        told = [each async for each in writer.write(read(question), passages) if isinstance(each, Sentence)]
        return [sentence.text for sentence in told if not sentence.heading]

    return asyncio.run(collect())


def test_the_best_scored_sentence_is_kept_whatever_its_words() -> None:
    relevance, seen = scoring(推理速度=6.0, 训练成本=1.0)
    assert written(relevance, long(COST, MEMORY, SPEED)) == [SPEED]
    assert f"1. 节 > 题？\n{SPEED}" in seen  # read under its headings, as passages are


@pytest.mark.parametrize("spreads", [ENOUGH / NEAR + 1, -ENOUGH / NEAR - 1])
def test_how_near_a_line_is_counts_beside_its_score(spreads: float) -> None:
    def nearness(query: Query, passage: Passage, places: Sequence[tuple[int, int]]) -> Sequence[float]:
        assert query.text == QUESTION
        return [spreads if passage.text[slice(*place)] == COST else 0.0 for place in places]

    relevance, _ = scoring(推理速度=3.0, 训练成本=3.0)
    text = long(COST, MEMORY, SPEED)
    assert written(relevance, text, nearness=nearness) == [COST if spreads > 0 else SPEED]
    assert written(relevance, text, nearness=lambda query, passage, places: []) == [COST, SPEED]


def test_of_a_long_entry_the_nearest_lines_and_those_with_the_questions_words_are_read() -> None:
    relevance, seen = scoring()
    text = long(COST, MEMORY, *(f"第 {i} 种。" for i in range(3 * READ)), SPEED)

    def nearness(query: Query, passage: Passage, places: Sequence[tuple[int, int]]) -> Sequence[float]:
        return [2.0 if passage.text[slice(*place)] == COST else 0.0 for place in places]

    written(relevance, text, nearness=nearness)
    read = [line.partition("\n")[2] for line in seen]
    assert len(read) == READ
    assert read[:2] == [COST, MEMORY]
    seen.clear()
    written(relevance, text)
    assert len(seen) > 3 * READ


def test_of_an_entry_beside_the_best_fewer_lines_are_read_unless_a_part_of_the_question_asks_for_it() -> None:
    def nearness(query: Query, passage: Passage, places: Sequence[tuple[int, int]]) -> Sequence[float]:
        return [0.0 for _ in places]

    relevance, seen = scoring()
    best, other = (
        long(COST, MEMORY),
        replace(long(SPEED), chunk_id="c-2.2", entry_id="2.2", heading_path=("2. 节", "另")),
    )
    written(relevance, best, other, nearness=nearness)
    assert [sum(line.startswith(path) for line in seen) for path in ("1. 节", "2. 节")] == [READ, BESIDE]
    seen.clear()
    written(relevance, best, replace(other, asked=(read(QUESTION),)), nearness=nearness)
    assert [sum(line.startswith(path) for line in seen) for path in ("1. 节", "2. 节")] == [READ, READ]


def test_nearness_alone_chooses_nothing() -> None:
    def nearness(query: Query, passage: Passage, places: Sequence[tuple[int, int]]) -> Sequence[float]:
        return [9.0 if passage.text[slice(*place)] == COST else 0.0 for place in places]

    assert written(nothing, long(COST, MEMORY), nearness=nearness) == written(nothing, long(COST, MEMORY))


def test_what_a_heading_calls_so_is_given_and_its_neighbours_are_not() -> None:
    text = passage(
        "#### a. 水箱（Tank）\n\n水箱装两升。\n\n水箱要常洗。\n\n#### b. 壶盖\n\n壶盖是铜的。\n\n水箱有壶盖。"
    )
    assert written(nothing, text, question="水箱怎么样？") == ["水箱装两升。", "水箱要常洗。"]
    assert written(nothing, text, question="What about the tank?") == ["水箱装两升。", "水箱要常洗。"]
    both = written(nothing, text, question="水箱和壶盖有什么区别？")
    assert both == ["水箱装两升。", "水箱要常洗。", "壶盖是铜的。", "水箱有壶盖。"]
    assert written(nothing, text, question="壶身怎么样？") == both  # no heading calls it so


def test_its_own_title_asks_for_all_of_an_entry_and_no_other() -> None:
    own = replace(long("水箱装两升。", "水壶烧水。"), heading_path=("1. 节", "水壶怎么用？"))
    other = replace(long("水箱要常洗。"), entry_id="1.2")

    async def every(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [9.0 if "水箱" in text else 0.0 for text in texts]

    told = written(every, own, other, question="水壶怎么用？")
    assert told[:2] == ["水箱装两升。", "水壶烧水。"]
    assert "水箱要常洗。" not in told
    assert written(every, own, question="水壶的水箱怎么样？") == ["水箱装两升。"]


def test_of_headings_below_one_another_those_count_that_say_most() -> None:
    text = passage("#### 水箱\n\n##### 优点\n\n容易清洗。\n\n#### 壶盖\n\n壶盖是铜的。\n\n##### 优点\n\n不会生锈。")
    assert written(nothing, text, question="壶盖的优点") == ["不会生锈。"]
    assert written(nothing, text, question="壶盖怎么样") == ["壶盖是铜的。", "不会生锈。"]


def test_a_label_that_says_the_rest_of_the_question_is_given_alone() -> None:
    items = ("- **原理**：水被加热。", "- **优缺点**：", "  - **优点**：烧得快。", "  - **缺点**：费电。")
    own = "\n".join(items)
    text = passage(f"#### 水壶\n\n{own}\n\n#### 茶炉\n\n- **优点**：便宜。")
    assert written(nothing, text, question="水壶的缺点是什么？") == ["- **优缺点**：", "  - **缺点**：费电。"]
    assert written(nothing, text, question="水壶的优缺点") == list(items[1:])
    assert written(nothing, text, question="水壶有什么弊端？") == ["- **优缺点**：", "  - **缺点**：费电。"]
    assert written(nothing, text, question="茶炉的好处") == ["- **优点**：便宜。"]
    assert len(written(nothing, text, question="水壶怎么样？")) == len(items)
    titled = replace(passage(own), heading_path=("1. 节", "水壶的原理和优缺点"))
    assert written(nothing, titled, question="水壶的原理") == ["- **原理**：水被加热。"]
    assert len(written(nothing, titled, question="水壶 优点")) > 1  # keywords


def test_of_what_is_asked_besides_each_other_heading_has_its_first_line() -> None:
    parts = (
        "壶有三种。",
        "#### 水壶",
        "水壶烧水。",
        "水壶费电。",
        "#### 茶壶",
        "茶壶泡茶。",
        "#### 酒壶",
        "酒壶温酒。",
    )
    text = passage("\n\n".join(parts))
    assert written(nothing, text, question="除了水壶还有哪些壶？") == ["茶壶泡茶。", "酒壶温酒。"]
    assert written(nothing, text, question="除了花瓶还有哪些壶？")[0] == "壶有三种。"  # no heading is of a vase


def test_of_keywords_each_gets_a_line() -> None:
    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [9.0 if "水箱" in text else 1.0 if "壶盖" in text else -9.0 for text in texts]

    text = long("水箱装两升。", "滤芯用一年。", "壶盖是铜的。")
    assert written(relevance, text, question="水箱 壶盖") == ["水箱装两升。", "壶盖是铜的。"]
    assert written(relevance, text, question="水箱、滤芯、壶盖") == ["水箱装两升。", "滤芯用一年。", "壶盖是铜的。"]
    assert written(relevance, text, question="水箱和壶盖怎么样？") == ["水箱装两升。"]


def test_what_an_item_hangs_on_is_named_where_it_was_not_asked_for() -> None:
    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [9.0 if "两升" in text else -9.0 for text in texts]

    text = long("- **水箱**：在壶底。要常洗。\n  - 容量：两升。\n  - 颜色：白。\n  - 重量：轻。")
    assert written(relevance, text, question="容量是怎样的？") == ["- **水箱**：", "  - 容量：两升。"]


@pytest.mark.parametrize(("behind", "kept"), [(ENOUGH - 0.5, True), (ENOUGH + 0.5, False)])
def test_sentences_about_as_good_are_kept_in_reading_order(behind: float, kept: bool) -> None:
    relevance, _ = scoring(推理速度=3.0, 训练成本=3.0 - behind)
    assert written(relevance, long(COST, MEMORY, SPEED)) == ([COST, SPEED] if kept else [SPEED])


def test_the_questions_words_count_beside_the_score() -> None:
    relevance, _ = scoring(推理速度=3.0, 显存=3.0 - BEHIND - 0.5)
    assert written(relevance, long(COST, MEMORY, SPEED)) == [MEMORY, SPEED]


@pytest.mark.parametrize(("question", "far"), [("量化能省多少显存？", ONE), ("为什么要量化显存？", MANY)])
def test_where_one_thing_is_asked_fewer_are_given(question: str, far: float) -> None:
    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        scores = {SPEED: 9.0, COST: 9.0 - far + 0.1, LEAD: 9.0 - far - 0.1}
        return [next((score for line, score in scores.items() if line in text), -9.0) for text in texts]

    assert written(relevance, long(COST, SPEED, LEAD[:-1] + "。"), question=question) == [COST, SPEED]


def test_an_amount_of_the_kind_that_is_asked_for_counts_beside_the_score() -> None:
    async def alike(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [3.0 if "除垢" in text else -9.0 for text in texts]

    text = long("除垢用柠檬酸。", "除垢定期做。", "除垢约 40 分钟。")
    assert written(alike, text, question="多久除垢一次？") == ["除垢定期做。"]
    assert written(alike, text, question="除垢要多久？") == ["除垢约 40 分钟。"]
    assert len(written(alike, text, question="说说除垢")) == 3


def test_a_sentence_is_read_with_the_one_that_names_its_subject() -> None:
    seen: list[str] = []

    async def read_(query: Query, texts: Sequence[str]) -> Sequence[float]:
        seen.extend(texts)
        return [0.0 for _ in texts]

    written(read_, long("水箱装两升。它每周要洗。其中一个漏水。"), question="水箱怎么洗？")
    told = [text.partition("\n")[2] for text in seen]
    assert told[:3] == ["水箱装两升。", "水箱装两升。 它每周要洗。", "其中一个漏水。"]


@pytest.mark.parametrize("question", ["漏水了怎么办？", "水泵漏水，修不好", "The pump leaks, what can I do?"])
def test_where_a_remedy_is_wanted_its_short_section_comes_whole(question: str) -> None:
    wrong, right = "#### 漏水\n\n多半是垫圈老了。先关水。换上新垫圈。", "#### 噪声\n\n拧紧螺丝。"

    async def one(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [5.0 if "新垫圈" in text else -9.0 for text in texts]

    assert written(one, long(f"{right}\n\n{wrong}\n\n#### 其他"), question=question)[:3] == [
        "多半是垫圈老了。",
        "先关水。",
        "换上新垫圈。",
    ]
    assert written(one, long(f"{right}\n\n{wrong}\n\n#### 其他"), question="垫圈换成什么样的？") == ["换上新垫圈。"]


def test_where_a_remedy_is_wanted_the_passage_counts_and_not_its_lines() -> None:
    found, other = passage("信道太挤。换一个信道。"), replace(passage("插座只认一种频段。", "1.2"), relevance=0.3)

    async def one(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [9.0 if "频段" in text else 0.0 for text in texts]

    assert written(one, found, other, question="网络老断，怎么办？") == ["信道太挤。", "换一个信道。"]
    assert written(one, found, other, question="插座认几种频段？") == ["插座只认一种频段。"]


def test_one_thing_comes_alone_out_of_a_list() -> None:
    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [5.0 if "水箱" in text else 4.9 if "滤芯" in text else -9.0 for text in texts]

    text = long("1. 滤芯用一年。\n2. 壶盖是铜的。\n3. 水箱装两升。\n4. 壶身是钢的。")
    assert written(relevance, text, question="水箱多大？") == ["3. 水箱装两升。"]
    assert written(relevance, text, question="怎么保养？")[:4] == [
        "1. 滤芯用一年。", "2. 壶盖是铜的。", "3. 水箱装两升。", "4. 壶身是钢的。",
    ]  # fmt: skip


def test_an_item_is_given_from_where_it_answers_one_thing() -> None:
    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [9.0 if text.endswith("两升。") else 5.0 if "水箱" in text else -9.0 for text in texts]

    text = long("- **水箱**：它在壶底。容量为两升。\n- **壶盖**：它在壶顶。是铜的。")
    assert written(relevance, text, question="水箱多大？") == ["- **水箱**：容量为两升。"]
    assert written(relevance, text, question="为什么要水箱？")[0] == "- **水箱**：它在壶底。容量为两升。"


def test_each_part_of_a_question_gets_its_line_of_one_passage() -> None:
    parts = tuple(map(read, ("水箱多大？", "保修几年？")))
    text = replace(long("水箱装两升。", "保修三年。"), asked=parts)

    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        word = "水箱" if "水箱" in query.text else "保修"
        return [5.0 if word in text else -9.0 for text in texts]

    assert written(relevance, text, question="水箱多大，保修又有几年？") == ["水箱装两升。", "保修三年。"]


def test_an_item_that_another_part_needs_from_its_beginning_is_whole() -> None:
    item = "- **水箱**：它在壶底。容量为两升。"
    text = replace(
        long(f"{item}\n- **壶盖**：它在壶顶。是铜的。"), asked=tuple(map(read, ("水箱多大？", "为什么要水箱？")))
    )

    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [9.0 if text.endswith("两升。") else 5.0 if "水箱" in text else -9.0 for text in texts]

    assert written(relevance, text, question="水箱多大，又为什么要它？")[0] == item


def test_steps_that_are_asked_for_come_whole_and_kinds_as_a_list() -> None:
    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [5.0 if "水壶" in text else 1.0 if "断电" in text else -9.0 for text in texts]

    steps = ["1. 断电。", "2. 倒水。", "3. 擦干。", "4. 收好。"]
    text = long("水壶每月除垢。", "\n".join(steps))
    assert written(relevance, text, question="该怎么操作？") == ["水壶每月除垢。", *steps]
    assert written(relevance, text, question="除垢有哪些办法？") == ["水壶每月除垢。", *steps]
    assert written(relevance, text, question="为什么要除垢？") == ["水壶每月除垢。"]


def test_a_formula_comes_where_one_is_asked_for() -> None:
    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [5.0 if "轴功率" in text else -9.0 for text in texts]

    text = long("轴功率随流量变化。", "它这样计算：", "$$\nP = QH\n$$", FILLER)
    assert "$$\nP = QH\n$$" in written(relevance, text, question="轴功率的公式是什么？")
    assert written(relevance, text, question="轴功率怎么变？") == ["轴功率随流量变化。"]


def test_a_follow_up_is_read_by_itself_too_and_asks_for_what_it_names() -> None:
    asked: list[str] = []

    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        asked.append(query.text)
        return [0.0 for _ in texts]

    async def collect() -> list[str]:
        writer = ExtractiveWriter(WORDS, lambda term: 1.0, relevance, unit=BEHIND)
        query = read("什么是量化？ 那它的缺点呢？").following("那它的缺点呢？", WORDS)
        text = long("- **优点**：省显存。\n- **缺点**：精度略低。")
        return [each.text async for each in writer.write(query, [text]) if isinstance(each, Sentence)]

    assert asyncio.run(collect()) == ["- **缺点**：精度略低。"]
    assert asked == ["什么是量化？ 那它的缺点呢？", "那它的缺点呢？"]


def test_the_first_item_of_an_announced_list_brings_it_all() -> None:
    relevance, _ = scoring(先收集=5.0)
    text = long(COST, "\n".join((LEAD, "", *STEPS)))
    assert written(relevance, text) == [LEAD, *STEPS]


def test_without_scores_words_choose() -> None:
    assert written(nothing, long(COST, MEMORY, SPEED)) == [MEMORY]


def test_without_scores_and_telling_words_all_is_given() -> None:
    found = written(nothing, long(COST, MEMORY, SPEED), question="讲一讲？")
    assert {COST, MEMORY, SPEED} < set(found)


def test_a_short_entry_is_given_whole_where_all_of_it_is_asked_for() -> None:
    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [6.0 if SPEED in text else -9.0 for text in texts]

    short = replace(passage(f"{COST}\n\n{MEMORY}\n\n{SPEED}"), heading_path=("1. 节", "什么是量化？"))
    assert written(relevance, short, question="介绍一下量化") == [COST, MEMORY, SPEED]
    assert written(relevance, short, question="量化对带宽有什么影响？") == [SPEED]
    assert written(nothing, short, question="量化对带宽有什么影响？") == [COST, MEMORY, SPEED]


def test_programs_are_not_read_and_come_only_when_asked_for() -> None:
    program = "```python\n" + "quantise(model)\n" * 20 + "```"
    relevance, seen = scoring(显存=3.0)
    assert written(relevance, long(MEMORY, program)) == [MEMORY]
    assert not [text for text in seen if "quantise" in text]


HEAD = "| 豆 | 水温 | 研磨度 |\n|---|---|---|"
ROWS = [f"| 第{n}号豆 | {70 + n} 度 | 用第 {n % 9} 档研磨，闷蒸半分钟再续水 |" for n in range(40)]


def test_of_a_long_table_the_rows_that_are_meant_come_with_its_head() -> None:
    table = passage("\n".join(("以下为推荐值。", "", HEAD, *ROWS)))
    assert written(nothing, table, question="第23号豆的水温？") == [f"{HEAD}\n{ROWS[23]}"]


def test_a_row_is_meant_not_the_head_whose_columns_the_question_names() -> None:
    seen: list[str] = []

    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        seen.extend(texts)
        return [3.0 if "|---|" in text else 0.0 for text in texts]

    table = "\n".join((HEAD, *ROWS[:8]))
    text = f"以下为推荐值。\n\n{table}"
    assert len(table) < LONG_TABLE
    assert written(relevance, passage(text), question="第5号豆的水温是多少度？") == [f"{HEAD}\n{ROWS[5]}"]
    assert any(read.endswith(f"| 豆 | 水温 | 研磨度 |\n{ROWS[5]}") for read in seen)


def test_a_passage_among_the_rows_cites_the_head_of_its_table() -> None:
    document = "\n".join((HEAD, *ROWS))
    start = document.index(ROWS[20])
    text = document[start:]
    head = Head(0, len(HEAD), HEAD)
    rows = Passage("c-1.1", "1.1", "a.md", ("1. 节", "题？"), start, len(document), text, 1.0, head)

    async def collect() -> list[Sentence]:
        writer = ExtractiveWriter(WORDS, lambda term: 1.0, nothing)
        return [each async for each in writer.write(read("第23号豆的水温？"), [rows]) if isinstance(each, Sentence)]

    (said,) = asyncio.run(collect())
    assert said.text == f"{HEAD}\n{ROWS[23]}"
    assert [document[quote.start : quote.end] for quote in said.quotes] == [HEAD, ROWS[23]]
    checked = Checker({"a.md": document}, [rows]).check(said)
    assert checked
    assert [citation.quote for citation in checked.citations] == [HEAD, ROWS[23]]


def test_neighbouring_rows_are_one_quote_and_a_table_that_is_asked_for_is_whole() -> None:
    relevance, _ = scoring(下表=5.0)
    table = "\n".join((HEAD, *ROWS))
    text = f"各种豆的水温见下表：\n\n{table}"

    async def collect() -> list[Sentence]:
        writer = ExtractiveWriter(WORDS, lambda term: 1.0, relevance, max_characters=9000, unit=BEHIND)
        return [each async for each in writer.write(read(QUESTION), [passage(text)]) if isinstance(each, Sentence)]

    lead, whole = asyncio.run(collect())
    assert (lead.text, whole.text) == ("各种豆的水温见下表：", table)
    assert [text[quote.start : quote.end] for quote in whole.quotes] == [table]


def test_a_diagram_is_no_answer_however_short_and_links_are_their_words() -> None:
    relevance, _ = scoring(流程=5.0)
    text = "流程见[[发布手册|手册]]和`[[x]]`。\n\n```mermaid\ngraph TD\n流程 --> 结束\n```"
    assert written(relevance, passage(text)) == ["流程见手册和`[[x]]`。"]


def test_verbatim_html_is_shown_as_a_fence() -> None:
    text = "先跑这个：\n\n<pre><code># 磨豆 &amp; 冲煮\ngrind --fine</code></pre>"
    assert written(nothing, passage(text)) == ["先跑这个：", "```\n# 磨豆 & 冲煮\ngrind --fine\n```"]


CONFIG = "```ini\n" + "\n".join(f"grind{n} = {n}" for n in range(15)) + "\n```"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"1. 装滤纸。\n2. 改配置：\n\n{CONFIG}\n\n3. 注水。", ["1. 装滤纸。", "2. 改配置：", CONFIG, "3. 注水。"]),
        (f"1. 装滤纸。\n2. 改配置。\n\n{CONFIG}\n\n这样更细。\n\n3. 注水。", None),
        (f"1. 装滤纸。\n2. {CONFIG}\n3. 注水。", ["1. 装滤纸。", f"2. {CONFIG}", "3. 注水。"]),
    ],
)
def test_code_stays_with_its_step(text: str, said: list[str] | None) -> None:
    assert len(CONFIG) > SHORT_CODE
    assert written(nothing, passage(text), question="怎么冲咖啡？") == (said or [
        "1. 装滤纸。", "2. 改配置。", CONFIG, "这样更细。", "3. 注水。"
    ])  # fmt: skip


def numbered(count: int) -> list[str]:
    return [f"{n}. 第{n}步，看好温度计，再按照说明把水慢慢地倒进去。" for n in range(1, count + 1)]


def test_steps_between_two_that_are_kept_are_not_left_out() -> None:
    relevance, _ = scoring(第2步=5.0, 第4步=5.0)
    steps = numbered(40)
    more = "后面还有 36 步。"
    assert written(relevance, passage("\n".join(steps))) == [*steps[1:4], more]


def test_a_single_step_is_an_answer_of_its_own() -> None:
    relevance, _ = scoring(第7步=5.0)
    steps = numbered(40)
    assert written(relevance, passage("\n".join(steps))) == [steps[6]]


def test_a_list_that_is_too_long_says_how_many_steps_follow_and_cites_them() -> None:
    steps = numbered(12)
    text = "\n".join(steps)

    async def collect() -> list[Sentence]:
        writer = ExtractiveWriter(WORDS, lambda term: 1.0, nothing, max_characters=100)
        told = writer.write(read("怎么冲？"), [passage(text)], "en")
        return [each async for each in told if isinstance(each, Sentence)]

    *given, more = asyncio.run(collect())
    assert [sentence.text for sentence in given] == steps[:3]
    assert more.text.endswith(": 9.")
    assert [text[quote.start : quote.end] for quote in more.quotes] == ["\n".join(steps[3:])]


@pytest.mark.parametrize(
    "steps",
    [
        ["（1）断电。", "（2）倒水。", "（3）擦干。", "（4）收好。"],
        ["(i) 断电。", "(ii) 倒水。", "(iii) 擦干。", "(iv) 收好。"],
        ["①断电。", "②倒水。", "③擦干。", "④收好。"],
    ],
)
def test_steps_with_marks_of_their_own_come_whole_and_each_on_a_line(steps: list[str]) -> None:
    relevance, _ = scoring(断电=5.0, 收好=5.0, 每月=6.0)
    text = long("水壶每月除垢：", "\n".join(steps))
    assert written(relevance, text) == ["水壶每月除垢：", *steps]

    async def leads() -> list[str]:
        writer = ExtractiveWriter(WORDS, lambda term: 1.0, nothing)
        told = writer.write(read("怎么除垢？"), [passage("\n".join(steps))], "zh")
        return [each.lead async for each in told if isinstance(each, Sentence)]

    assert asyncio.run(leads()) == ["", "\n\n", "\n\n", "\n\n"]  # Markdown would run them together


def test_steps_that_count_in_another_form_stand_within_a_step() -> None:
    relevance, _ = scoring(磨豆=5.0, 等待=5.0)
    steps = ["1. 磨豆。", "（1）称豆。", "（2）调刻度。", "2. 烧水。", "（1）量水。", "（2）看温度。", "3. 等待。"]
    assert written(relevance, long("\n".join(steps))) == steps


def test_of_a_list_of_references_the_line_that_is_meant_is_given_whole() -> None:
    lines = ["[1] 陆羽. 茶经. 唐代. 780.", "[2] 蔡襄. 茶录. 北宋. 1051.", "[3] 赵佶. 大观茶论. 1107."]
    assert written(nothing, passage("\n".join(lines)), question="茶录是谁写的？") == [lines[1]]
    foot = ["[^a]: 陆羽. 茶经. 780.", "[^b]: 蔡襄. 茶录. 1051."]
    assert written(nothing, passage("\n".join(foot)), question="茶录是谁写的？") == [foot[1]]


def note(document: str, *sentences: str) -> Passage:
    text = "\n\n".join(sentences)
    return Passage(f"c-{document}", None, document, ("退货",), 0, len(text), text, 1.0)


CHECK = "退货商品两个工作日内在区域仓库完成检验并拍照。"
TERM = "退款期限为收货后 {} 天，逾期不再受理。"


def test_what_is_the_same_is_said_once_and_what_differs_under_its_document() -> None:
    notes = [
        note("甲店.md", CHECK, TERM.format(14)),
        note("乙店.md", CHECK, TERM.format(21)),
        note("丙店.md", CHECK, TERM.format(14)),
    ]

    async def collect() -> list[tuple[str, list[int]]]:
        writer = ExtractiveWriter(WORDS, lambda term: 1.0, nothing)
        told = writer.write(read("退款期限是多久？"), notes)
        return [(e.text, [q.passage for q in e.quotes]) async for e in told if isinstance(e, Sentence)]

    assert asyncio.run(collect()) == [
        ("### 甲店 > 退货", []),
        (CHECK, [0, 1, 2]),
        (TERM.format(14), [0, 2]),
        ("### 乙店 > 退货", []),
        (TERM.format(21), [1]),
    ]


def test_of_nearly_equal_lines_those_that_the_question_names_are_said() -> None:
    notes = [note("甲店.md", TERM.format(14)), note("乙店.md", TERM.format(21), "乙店另有说明，见附件。")]
    assert written(nothing, *notes, question="甲店的退款期限是多久？") == [TERM.format(14), "乙店另有说明，见附件。"]


@pytest.mark.parametrize(
    "other", ["不超过 14 天受理退款申请。", "超过 15 天受理退款申请。", "超过 14 周受理退款申请。"]
)
def test_what_differs_in_a_number_a_unit_or_a_negation_is_not_the_same(other: str) -> None:
    said = "超过 14 天受理退款申请。"
    assert written(nothing, note("甲店.md", said), note("乙店.md", other), question="退款怎么受理？") == [said, other]


def test_particles_and_punctuation_make_no_difference() -> None:
    notes = [note("甲店.md", "退款的期限为收货后 14 天。"), note("乙店.md", "**退款期限**为收货后14天；")]
    assert written(nothing, *notes, question="退款期限是多久？") == ["退款的期限为收货后 14 天。"]


def test_what_only_leads_to_a_list_stands_over_each_list() -> None:
    notes = [note("甲店.md", "优缺点：", "- 退货快。"), note("乙店.md", "优缺点：", "- 退货慢一些。")]
    said = written(nothing, *notes, question="两家店退货的优缺点？")
    assert [text.strip("- ") for text in said] == ["优缺点：", "退货快。", "优缺点：", "退货慢一些。"]


def test_the_cells_of_a_table_without_dashes_get_them() -> None:
    table = "| 豆 | 水温 |\n| -- |  |\n| 深烘 | 88 度 |"
    assert written(nothing, passage(table)) == ["| 豆 | 水温 |\n| -- | --- |\n| 深烘 | 88 度 |"]
    whole = "| 豆 | 水温 |\n|:--|--:|\n| 深烘 | 88 度 |"
    assert written(nothing, passage(whole)) == [whole]
    for line in ("| — | — |", "|－－|－－|", "| === | === |"):
        other = f"| 豆 | 水温 |\n{line}\n| 深烘 | 88 度 |"
        assert written(nothing, passage(other)) == ["| 豆 | 水温 |\n| --- | --- |\n| 深烘 | 88 度 |"]
    grid = "+----+------+\n| 豆 | 水温 |\n+====+======+\n| 深烘 | 88 度 |\n+----+------+"
    assert written(nothing, passage(grid)) == ["| 豆 | 水温 |\n|---|---|\n| 深烘 | 88 度 |"]


def test_a_table_of_spaces_is_shown_with_pipes_and_a_row_of_it_below_its_head() -> None:
    rows = [f"第{n}号  {n + 60} 度" for n in range(100, 300)]
    table = "\n".join(("豆       水温", "-------- ------", *rows))
    short = "豆      水温\n----   -----\n深烘   88 度"
    assert written(nothing, passage(short)) == ["| 豆 | 水温 |\n|---|---|\n| 深烘 | 88 度 |"]
    relevance, _ = scoring(第123号=5.0)
    (said,) = written(relevance, passage(table))
    assert said == "| 豆 | 水温 |\n|---|---|\n| 第123号 | 183 度 |"


def test_an_item_whose_parent_is_not_there_is_not_indented() -> None:
    assert written(nothing, passage("  - 先烧水。\n    - 用壶。\n  - 再磨豆。")) == [
        "- 先烧水。",
        "  - 用壶。",
        "- 再磨豆。",
    ]


def test_a_definition_stays_before_what_answers_better() -> None:
    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [6.0 if SPEED in text else 3.0 for text in texts]

    what = "量化把权重存成低位数。"
    own = replace(passage(f"{what}\n\n{COST}\n\n{MEMORY}\n\n{SPEED}"), heading_path=("1. 节", "什么是量化？"))
    assert written(relevance, own, question="什么是量化？") == [what, COST, MEMORY, SPEED]


def test_steps_from_two_passages_with_a_gap_between_have_no_numbers() -> None:
    first, second = "1. 磨豆。\n2. 烧水。", "4. 注水。\n5. 等待。"
    text = f"{first}\n3. 温杯。\n{second}"
    start = text.index(second)
    parts = [passage(text), passage(text)]
    parts = [replace(parts[0], end=len(first), text=first), replace(parts[1], chunk_id="d", start=start, text=second)]
    assert written(nothing, *parts) == ["1. 磨豆。", "2. 烧水。", "- 注水。", "5. 等待。"]


def test_entries_far_behind_another_are_left_out() -> None:
    async def relevance(query: Query, texts: Sequence[str]) -> Sequence[float]:
        return [6.0 if SPEED in text else 6.0 - APART - 0.5 for text in texts]

    assert written(relevance, passage(SPEED), passage(COST, "1.2")) == [SPEED]


def test_without_scores_in_time_words_choose_and_it_is_said_once() -> None:
    tried: list[str] = []

    async def late(query: Query, texts: Sequence[str]) -> Sequence[float]:
        tried.append(query.text)
        raise UnreadError("reranker_late")

    async def collect(relevance: Relevance) -> list[Sentence | Gap]:
        writer = ExtractiveWriter(WORDS, lambda term: 1.0, relevance)
        return [each async for each in writer.write(read("怎么冲？"), both)]

    one = "- 水温九十二度。\n- 粉量十五克。\n- 时间三十秒。\n"
    both = [passage(one), passage(one.replace("度", "℃"), "2.1")]
    first, *rest = asyncio.run(collect(late))
    assert first == Gap("reranker_late")
    assert rest == asyncio.run(collect(nothing))
    assert tried == ["怎么冲？"]  # nobody waits for it twice

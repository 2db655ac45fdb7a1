from ingest.chunk import Chunk
from ingest.fit.pseudo import pseudo_questions

OILING = "检查轴承和润滑油的温度。" * 6


def chunk(id: str, text: str, *path: str) -> Chunk:
    return Chunk(id, "text", "a.md", path, None, None, 0, len(text), (0, len(text)), text, "手册")


def test_a_sentence_asks_for_its_passage_without_the_sentence() -> None:
    text = "张力调到四十牛顿为止。" + "皮带每年更换一次，由设备科安排停机并记录在册，" * 4 + "旧的回收。"
    (question,) = pseudo_questions([chunk("1", text, "皮带")])
    assert (question.text, question.row) == ("张力调到四十牛顿为止。", 0)
    assert question.left.startswith("手册 > 皮带\n")
    assert question.text not in question.left


def test_what_is_too_short_asks_nothing() -> None:
    assert pseudo_questions([chunk("1", "短。"), chunk("2", "也短。")]) == []


def test_the_same_chunks_give_the_same_questions_and_no_passage_twice() -> None:
    chunks = [chunk(str(n), f"编号{n}的设备在{n}号楼。{OILING}") for n in range(60)]
    questions = pseudo_questions(chunks, most=50)
    assert questions == pseudo_questions(chunks, most=50)
    assert len({question.row for question in questions}) == 50

from ingest.chunk import Chunk
from ingest.fit.pseudo import pseudo_questions


def chunk(id: str, text: str, *path: str, title: str = "") -> Chunk:
    return Chunk(id, "text", "a.md", path, None, None, 0, len(text), (0, len(text)), text, title)


LONG = "离心泵每月检查一次轴承，发现发热时停机。" * 3


def test_a_heading_asks_for_the_text_under_it_without_the_heading() -> None:
    (question,) = pseudo_questions([chunk("1", LONG, "泵", "离心泵的保养", title="手册")], most=1)
    assert (question.text, question.rows) == ("离心泵的保养", (0,))
    assert question.left == (f"手册 > 泵\n{LONG}",)
    assert question.titles == ("手册 > 泵",)


def test_a_heading_over_many_passages_asks_for_none_of_them() -> None:
    text = "检查轴承和润滑油的温度。" * 6
    chunks = [chunk(str(n), f"编号{n}的设备在{n}号楼。{text}", f"设备编号{n}") for n in range(60)]
    questions = pseudo_questions(chunks, most=50)
    assert questions == pseudo_questions(chunks, most=50)
    rows = [row for question in questions for row in question.rows]
    assert len(questions) == 50
    assert len(rows) == len(set(rows))

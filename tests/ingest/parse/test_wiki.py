import pytest

from ingest.parse.wiki import plain_links


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("见[[保养手册]]。", "见保养手册。"),
        ("见[[保养手册|手册]]第三章。", "见手册第三章。"),
        ("see [[Pump guide#Oil]] first", "see Pump guide#Oil first"),
        ("above, in [[#Oil]]", "above, in Oil"),
        ("| a | [[Pump\\|the pump]] |", "| a | the pump |"),
        ("图：![[pump.png|300x200]]，![[pump.png|水泵外观]]", "图：，水泵外观"),
    ],
)
def test_a_link_is_its_words(written: str, read: str) -> None:
    assert plain_links(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "it is so [[1]]",
        "[[1]](a.md)",
        "if [[ -f x ]]; then",
        "m = [[1, 2], [3, 4]]",
        "写作 `[[Page|words]]`",
        "[[a.b]](c)",
    ],
)
def test_what_is_no_link_stays(text: str) -> None:
    assert plain_links(text) == text

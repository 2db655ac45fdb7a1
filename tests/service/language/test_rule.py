import re
from collections import Counter
from pathlib import Path

import pytest

from ingest.words.rule import Rule, RuleError, read
from service.language.rule import every, rules

RULES = every()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules(rule: Rule) -> None:
    assert rule.takes
    assert rule.leaves
    assert [text for text in rule.takes if not rule.pattern.search(text)] == []
    assert [text for text in rule.leaves if rule.pattern.search(text)] == []


def test_names_are_unique() -> None:
    assert [name for name, times in Counter(rule.name for rule in RULES).items() if times > 1] == []


def test_a_group_has_the_rules_of_each_language() -> None:
    assert [rule.name for rule in rules("several")] == ["zh.several.listing", "en.several.listing"]
    with pytest.raises(KeyError, match="no_such"):
        rules("no_such")


def test_lists_of_words_are_shared(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        "[words]\nfruit = 'apple|pear'\nfood = '{fruit}|bread'\n"
        "[eaten.today]\npattern = ['eats? {food}', 'x{2}']\ntakes = ['I eat bread']\nleaves = ['I eat']\n"
    )
    (rule,) = read("en", [tmp_path / "a.toml"])["eaten"]
    assert rule == Rule(
        "en.eaten.today",
        re.compile("eats? (?:(?:apple|pear)|bread)|x{2}", re.IGNORECASE | re.MULTILINE),
        ("I eat bread",),
        ("I eat",),
    )
    assert rule.key == "today"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[group.key]\npattern = '('\ntakes = []\nleaves = []\n", "en.group.key"),
        ("[group.key]\npattern = '{words}'\ntakes = []\nleaves = []\n", "words"),
        ("[group.key]\npattern = 'a'\nexamples = []\n", "examples"),
        ("[group", "a.toml"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(RuleError, match=said):
        read("en", [tmp_path / "a.toml"])

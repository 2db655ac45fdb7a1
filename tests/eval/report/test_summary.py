"""The short forms: Markdown that fits a chat, and XML that any reader of test results can read."""

from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from eval.nights.gate import Fault, Finding, Verdict
from eval.report.night import Night, Report, compose
from eval.report.summary import plain, to_junit, to_markdown
from tests.support.nights import night

HOSTILE = '<b>\x00\x0b\ufffe\u202e]]> & "quoted" | @everyone [x](https://evil.example) `code`\n\n# heading\x1b'


def finding(metric: str, fault: Fault = "regression", text: str = "it fell") -> Finding:
    return Finding(metric, fault, 0.5, 0.9, text)


def report(*findings: Finding, status: float = 0.5, before: float = 0.95, question: str = "甲？") -> Report:
    run, rows = night(2, status=status, judge="m")
    run = replace(run, settings={"note": HOSTILE})
    rows = [replace(row, question=replace(row.question, question=question)) for row in rows]
    last = Night(*night(1, judge="m", status=before))
    return compose(Night(run, rows), last, last, [], Verdict(run, last.run, findings))


def test_the_message_has_verdict_figures_findings_and_questions_in_25_lines() -> None:
    lines = to_markdown(report(*(finding(f"m{n}", text=f"fault {n}") for n in range(9)))).splitlines()
    assert len(lines) <= 25
    assert lines[0].startswith("**Evaluation of 2025-01-03, 40 questions.** Worse than last night")
    assert lines[2:4] == ["| figure | tonight | from last night | from the best night |", "|---|---:|---:|---:|"]
    # 38 of 40 were right, now 20 are.
    assert lines[4].startswith("| status as expected | 0.500 | −0.450 (")
    assert lines[4].endswith("), worse |")
    assert "| quotes verbatim | 1.000 | unchanged | unchanged |" in lines
    gate = lines.index("Gate: not passed:")
    assert lines[gate + 1 : gate + 7] == [
        "- regression: fault 0",
        "- regression: fault 1",
        "- regression: fault 2",
        "- regression: fault 3",
        "- and 5 more",
        "",
    ]
    assert lines[gate + 7] == "Worst since last night:"
    assert [line[:5] for line in lines[gate + 8 :]] == ["1. q-", "2. q-", "3. q-"]
    assert "expected listed\\_unanswered, given declined; status as expected 1.000 to 0.000): 甲？" in lines[gate + 8]


def test_a_good_night_has_a_short_message() -> None:
    message = to_markdown(report(status=1.0, before=1.0))
    assert "Gate: passed.\n" in message
    assert "Worst" not in message
    assert "Of the wrong status" not in message
    wrong = to_markdown(report(status=0.95))
    # Two of 40 are.
    assert wrong.splitlines()[-3] == "Of the wrong status:"


def test_hostile_text_stays_one_line_of_text() -> None:
    message = to_markdown(report(finding("status", text=HOSTILE), question=HOSTILE))
    assert not set("\x00\x0b\ufffe\u202e\x1b") & set(message)
    escaped = '\\<b\\>\\<U+0000\\>\\<U+000B\\>\\<U+FFFE\\>\\<U+202E\\>\\]\\]\\> \\& "quoted" \\| ＠everyone'
    assert f"- regression: {escaped} \\[x\\](https:\\//evil.example) \\`code\\` \\# heading\\<U+001B\\>" in message
    assert len(message.splitlines()) <= 25


def test_long_texts_are_cut() -> None:
    assert len(plain("长" * 5000)) == 640


@pytest.mark.parametrize("fault", ["floor", "ceiling", "regression"])
def test_a_fault_of_a_figure_is_a_failed_case(fault: Fault) -> None:
    root = Xml.fromstring(to_junit(report(finding("status", fault, "it\x00 fell"))))
    suite = root[0]
    # 18 hard figures.
    assert {name: suite.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "18",
        "failures": "1",
        "errors": "0",
    }
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert len(cases) == 18
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert failed == {"status as expected"}
    failure = cases["status as expected"].find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.text) == (fault, "it<U+0000> fell")
    assert (cases["status as expected"].findtext("system-out") or "").startswith("0.500 (")


def test_what_could_not_be_measured_is_an_error_and_a_fault_beside_it_a_failure() -> None:
    findings = (
        finding("judge", "unjudged", "no judge"),
        finding("all", "unmeasured", "nothing"),
        finding("status", "unmeasured", "half"),
        finding("status", "floor", "low"),
    )
    suite = Xml.fromstring(to_junit(report(*findings)))[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("20", "1", "2")
    assert len(suite.findall("testcase/failure")) == 1
    assert [error.text for error in suite.iter("error")] == ["no judge", "nothing"]
    assert suite.findtext("testcase/failure") == "half\nlow"


def test_control_characters_make_no_broken_xml() -> None:
    made = to_junit(report(finding("status", text=HOSTILE)))
    root = Xml.fromstring(made)
    notes = [each.get("value") for each in root.iter("property") if each.get("name") == "note"]
    spelled = {hidden: f"<U+{hidden:04X}>" for hidden in (0x00, 0x0B, 0x1B, 0x202E, 0xFFFE)}
    assert notes == [HOSTILE.translate(spelled)]

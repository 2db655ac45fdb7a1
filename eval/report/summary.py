"""The report in short: Markdown for a chat, and JUnit XML for what reads test results."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from eval.nights.comparison import Comparison
from eval.nights.history import ALL
from eval.report.headline import headline_of
from eval.report.night import Report, Setback, Tile, standing
from eval.report.page.text import change_text, figure_text, interval_text, label, shown
from eval.score.row import METRICS

FIGURES, FINDINGS, QUESTIONS = 8, 4, 3  # named in the chat
TEXT = 160  # characters of a question or finding there
UNMEASURED = ("unmeasured", "unjudged")  # faults that are no regression: errors, not failures
GATE = {"passed": "passed", "regression": "not passed", "unmeasured": "not measured"}
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~&]|(?<=:)//|(?<=www)\.)")
_MENTION = re.compile(r"(?<!\w)@(?=\w)")


def to_markdown(report: Report) -> str:
    """Return at most 25 lines: verdict, key figures, findings, worst questions."""
    lines = [
        f"**Evaluation of {plain(report.run.started[:10])}, {report.n} questions.** "
        f"{plain(headline_of(report).sentence)}",
        "",
        "| figure | tonight | from last night | from the best night |",
        "|---|---:|---:|---:|",
        *map(_row, report.tiles[:FIGURES]),
        "",
        f"Gate: {GATE[report.gate]}" + (":" if report.findings else "."),
        *(f"- {each.fault}: {plain(each.text)}" for each in report.findings[:FINDINGS]),
    ]
    if more := len(report.findings) - FINDINGS:
        lines += [f"- and {more} more"] if more > 0 else []
    if questions := (report.regressions or report.wrong)[:QUESTIONS]:
        lines += ["", "Worst since last night:" if report.regressions else "Of the wrong status:"]
        lines += [f"{n}. {_question(each)}" for n, each in enumerate(questions, 1)]
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Return a text as one line of Markdown that shows it as it is, links nothing and calls nobody."""
    line = " ".join(shown(text).split())
    return _MENTION.sub("＠", _MARKUP.sub(r"\\\1", line[: 4 * TEXT]))


def to_junit(report: Report) -> str:
    """Return a test case for each hard figure of tonight and for whatever else the gate found a fault of."""
    hard = [name for name in METRICS if METRICS[name].hard and (ALL, name) in report.kinds]
    faulty = [finding.metric for finding in report.findings]
    cases = list(dict.fromkeys(hard + faulty))
    broken = {finding.metric for finding in report.findings if finding.fault not in UNMEASURED}
    suite = Xml.Element(
        "testsuite",
        name="evaluation",
        tests=str(len(cases)),
        failures=str(len(broken)),
        errors=str(len({*faulty} - broken)),
        skipped="0",
        timestamp=shown(report.run.started)[:19],
    )
    return _written(suite, cases, report)


def _written(suite: Xml.Element, cases: Sequence[str], report: Report) -> str:
    properties = Xml.SubElement(suite, "properties")
    for setting in report.settings:
        Xml.SubElement(properties, "property", name=shown(setting.name), value=shown(setting.value))
    for metric in cases:
        _add_case(suite, metric, report)
    root = Xml.Element("testsuites")
    root.append(suite)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_case(suite: Xml.Element, metric: str, report: Report) -> None:
    case = Xml.SubElement(suite, "testcase", classname="evaluation", name=shown(label(metric)))
    findings = [each for each in report.findings if each.metric == metric]
    if findings:
        text = "\n".join(shown(each.text) for each in findings)
        broken = [each for each in findings if each.fault not in UNMEASURED]
        kind = (broken or findings)[0].fault
        fault = Xml.SubElement(case, "failure" if broken else "error", type=kind, message=text.split("\n")[0])
        fault.text = text
    if mean := report.kinds.get((ALL, metric)):
        reading = f"{figure_text(metric, mean.mean)} ({interval_text(metric, mean.low, mean.high)}), n = {mean.n}"
        Xml.SubElement(case, "system-out").text = reading


def _row(tile: Tile) -> str:
    mean = figure_text(tile.metric, tile.figure.mean)
    return f"| {plain(label(tile.metric))} | {mean} | {_difference(tile.last)} | {_difference(tile.best)} |"


def _difference(tested: Comparison | None) -> str:
    if not tested:
        return ""
    difference, word = tested.difference, standing(tested)
    if not difference.changed:
        return "unchanged"
    bounds = interval_text(difference.metric, difference.low, difference.high, signed=True)
    return f"{change_text(difference.metric, difference.mean)} ({bounds})" + ("" if word == "same" else f", {word}")


def _question(each: Setback) -> str:
    question = each.now.question
    drops = ", ".join(
        f"{label(m)} {figure_text(m, c.before)} to {figure_text(m, c.after)}" for m, c in list(each.drops.items())[:2]
    )
    status = f"expected {question.status}, given {each.now.status}"
    text = f"{question.id} ({question.kind}; {status}{'; ' + drops if drops else ''}): {shown(question.question, TEXT)}"
    return plain(text)

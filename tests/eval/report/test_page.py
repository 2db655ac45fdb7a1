"""The page: what people wrote stays text, nothing is fetched, and the charts are the same each time."""

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from eval.nights import gate
from eval.nights.gate import Verdict
from eval.nights.history import summarise
from eval.report.night import Night, Point, Report, Trend, compose
from eval.report.page import charts, text
from eval.report.page.html import render
from eval.score.exchange import Citation, Passage
from eval.score.row import Row
from tests.support.nights import night

STYLE = Path(text.__file__).with_name("templates") / "style.css"
HOSTILE = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}&amp;<!--]]>"
    "\x00\x07\x1b[31m\x85\u202eكلمة\u2066\ufffe $x^2$ " + "长" * 9000
)
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Collects tags, ids, headings and the text of a page, and fails on tags that do not pair."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.open = list[tuple[str, dict[str, str | None]]](), list[str]()
        self.texts = list[str]()
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def names(self) -> list[str]:
        return [tag for tag, _ in self.tags]

    def attributes(self, name: str) -> list[str]:
        return [str(attributes[name]) for _, attributes in self.tags if name in attributes]


def hostile(row: Row) -> Row:
    """Put hostile text wherever a service, a judge or a file of questions may."""
    question = replace(
        row.question,
        question=HOSTILE,
        kind=HOSTILE,
        entries=[HOSTILE],
        key_points=[HOSTILE],
        evidence=[HOSTILE],
        history=[{"role": HOSTILE, "content": HOSTILE}],
    )
    return replace(
        row,
        question=question,
        status=HOSTILE,
        answer=HOSTILE,
        searched=HOSTILE,
        generator=HOSTILE,
        degraded=HOSTILE,
        citations=(Citation(1, HOSTILE, HOSTILE, 0, 1, HOSTILE),),
        passages=(Passage("c", HOSTILE, HOSTILE, HOSTILE),),
        timings_ms={HOSTILE: 1.0},
        failures={"groundedness": HOSTILE, HOSTILE: HOSTILE},
    )


def full(nights: int = 3) -> Report:
    """Make a report that has every section, the last night the worst."""
    past = [night(n, judge="m", status=0.95, index=f"v{n}") for n in range(nights - 1)]
    run, rows = night(nights, judge="m", status=0.5, key_points=0.1, unjudged=0.5, whole=0.9)
    run = replace(run, settings={"judge_agreement": "0.72", "judge_kappa": "0.41"})
    rows += [replace(row, question=replace(row.question, id=f"{row.question.id}#typos")) for row in rows[:20]]
    last, best = Night(*past[-1]), Night(*past[0])
    verdict = gate.hold(run, rows, gate.load(), (last.run, last.rows))
    figures = [(run, summarise(rows)) for run, rows in [*past, (run, rows)]]
    return compose(Night(run, rows), last, best, figures, verdict)


def attacked() -> Report:
    run, rows = night(2, judge="m", status=0.5)
    run = replace(run, target=HOSTILE, judge=HOSTILE, settings={HOSTILE: HOSTILE, "judge_kappa": HOSTILE})
    bad = [hostile(row) for row in rows]
    bad += [replace(row, question=replace(row.question, id=f"{row.question.id}#{HOSTILE}")) for row in bad[:3]]
    last = Night(*night(1, status=0.95))
    finding = gate.Finding("status", "regression", 0, 0, HOSTILE)
    return compose(Night(run, bad), last, None, [], Verdict(run, last.run, (finding,)))


@pytest.fixture(scope="module")
def whole() -> str:
    return render(full())


@pytest.fixture(scope="module")
def assailed() -> str:
    return render(attacked())


def test_hostile_text_makes_no_element_and_stays_readable(assailed: str) -> None:
    page = Page(assailed)
    assert not {"script", "img", "iframe", "object", "link", "form"} & {*page.names}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    said = "".join(page.texts)
    assert "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}&amp;<!--]]>" in said
    assert "<U+0000><U+0007><U+001B>[31m<U+0085><U+202E>كلمة<U+2066><U+FFFE> $x^2$" in said


def test_no_hidden_character_reaches_the_page_and_no_text_is_endless(assailed: str) -> None:
    assert not set("\x00\x07\x1b\x85\u202e\u2066\ufffe") & set(assailed)
    assert "长" * 6000 not in assailed
    assert re.search(r"长 … \(\d+ more characters\)", assailed)


@pytest.mark.parametrize("name", ["whole", "assailed"])
def test_nothing_is_fetched_and_no_script_may_run(name: str, request: pytest.FixtureRequest) -> None:
    html = request.getfixturevalue(name)
    page = Page(html)
    links = page.attributes("href") + page.attributes("xlink:href") + page.attributes("src")
    ids = page.attributes("id")
    assert links
    assert {link[:1] for link in links} == {"#"}
    assert {link[1:] for link in links} <= {*ids}
    assert len(ids) == len({*ids})
    assert "default-src 'none'" in page.attributes("content")[0]
    assert "url(" not in html.replace("url(#", "")
    assert "@import" not in html


def test_sections_tables_and_charts_are_named(whole: str) -> None:
    page = Page(whole)
    sections = re.findall('<h2 id="(.*?)">', whole)
    assert " ".join(sections) == "findings figures trends kinds statuses worst judge robustness speed run"
    levels = [int(name[1]) for name in page.names if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.names.count("table") == page.names.count("caption") == whole.count('role="region"')
    # Title and description of each chart, the page's own title beside.
    assert page.names.count("svg") == page.names.count("desc") == page.names.count("title") - 1 == 14
    labels = [name for attribute in page.attributes("aria-labelledby") for name in attribute.split()]
    assert {*labels} <= {*page.attributes("id")}


def test_a_question_that_fell_has_both_nights_side_by_side(whole: str) -> None:
    block = whole[whole.index("<summary><b>q-") :].split("</details>\n<details")[0]
    assert block.index("<h3>Last night</h3>") < block.index('<blockquote dir="auto">LoRA 冻结原模型。</blockquote>')
    assert "status as expected 1.000 to 0.000" in block
    assert block.index("<h3>Tonight</h3>") < block.index("Status <b>declined</b>")
    assert "1 passage found, best first" in block


def test_the_judge_is_told_with_its_worth_and_its_failures(whole: str) -> None:
    said = " ".join("".join(Page(whole).texts).split())
    # Half of the answers given are left unjudged.
    found = re.search(r"m judged (\d+) of (\d+) answers in full; (\d+) have a figure missing", said)
    assert found
    judged, total, missing = map(int, found.groups())
    assert (judged + missing, missing) == (total, round(total / 2))
    assert "agreement is 0.72 and its kappa 0.41" in said
    assert "the judge's reply is no JSON" in said


def test_the_first_night_has_a_page_too() -> None:
    run, rows = night(0)
    page = render(compose(Night(run, rows), None, None, [(run, summarise(rows))], Verdict(run, None, ())))
    said = "".join(Page(page).texts)
    assert "There is no earlier night with these questions" in said
    assert "No judge was asked tonight." in said
    assert 'href="#robustness"' not in page
    assert 'href="#trends"' not in page


def test_a_night_without_rows_has_a_page_too() -> None:
    run, _ = night(0)
    assert "0 of 0 answers" in render(compose(Night(run, []), None, None, [(run, {})], Verdict(run, None, ())))


def test_the_same_night_gives_the_same_bytes(whole: str) -> None:
    assert render(full()) == whole


def test_charts_have_the_colours_of_the_page_alone(whole: str) -> None:
    drawn = "".join(re.findall(r"<svg.*?</svg>", whole, re.DOTALL))
    assert {*re.findall(r"var\(--\w+\)", drawn)} == {"var(--ink)", "var(--muted)", "var(--line)", "var(--series)"}
    assert not re.findall(r"(?:fill|stroke): (?!none|var\()\S+", drawn)
    assert not re.findall(r"#[0-9a-f]{6}\b", drawn)


def test_a_trend_is_drawn_point_by_point_with_what_changed() -> None:
    figures = [summarise(night(n, status=share)[1])["all", "status"] for n, share in enumerate((0.5, 0.75, 0.9))]
    points = [Point(f"2025-01-0{n}T02:00:00+00:00", each, n == 2) for n, each in enumerate(figures, 1)]
    drawn = charts.draw_trend(Trend("status", tuple(points)))
    same = charts.draw_trend(Trend("status", tuple(replace(point, changed=False) for point in points)))
    assert "3 nights, 0.500 on the first and 0.900 on the last" in drawn
    assert (drawn.count("stroke-dasharray"), same.count("stroke-dasharray")) == (1, 0)
    line = re.search(r'<path d="(M [^"]*)" clip-path[^>]*stroke: var\(--series\)', drawn)
    assert line
    heights = [float(step.split()[2]) for step in line[1].split("\n") if step]
    # SVG counts from the top; equal parts of the scale are equal heights.
    assert (heights[0] - heights[1]) / (heights[0] - heights[2]) == pytest.approx(0.25 / 0.4, abs=0.01)


def test_names_in_charts_are_text() -> None:
    drawn = charts.draw_dots(
        "d", "a < b & $c$", "x", [charts.Dot("$\\frac{1}</text><script>", 0.5, 0.4, 0.6)], zero=True
    )
    assert "<script" not in drawn
    assert ">$\\frac{1}&lt;/text&gt;&lt;sc…<" in drawn
    assert drawn.count("a &lt; b &amp; $c$") == 2  # as a name for readers, and drawn


@pytest.mark.parametrize("mode", ["light", "dark", "print"])
@pytest.mark.parametrize("name", ["ink", "muted", "series", "good", "bad", "doubt"])
@pytest.mark.parametrize("under", ["paper", "card"])
def test_texts_stand_out_from_what_is_under_them(mode: str, name: str, under: str) -> None:
    # In the order of the file: light, dark, print.
    groups = re.findall(r":root \{(.*?)\}", STYLE.read_text("utf-8"), re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#\w+)", groups[["light", "dark", "print"].index(mode)]))
    lights = sorted((luminance(colours[name]), luminance(colours[under])))
    assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("metric", "value", "figure", "change"),
    [
        ("status", 0.12345, "0.123", "+0.123"),
        ("status", 0.0001, "0.000", "0.000"),
        ("ask_ms", 212.4, "212 ms", "+212 ms"),
    ],
)
def test_figures_are_written_for_people(metric: str, value: float, figure: str, change: str) -> None:
    assert (text.figure_text(metric, value), text.change_text(metric, value)) == (figure, change)
    assert text.change_text(metric, -value) == change.replace("+", "−")


def test_line_ends_and_tabs_are_kept_and_long_texts_cut() -> None:
    assert text.shown("a\r\nb\tc\rd") == "a\nb\tc<U+000D>d"
    assert text.shown("abcdef", 4) == "abcd … (2 more characters)"
    assert text.shown("\ud800") == "<U+D800>"


@pytest.mark.parametrize(
    "module", ["eval.report.night", "eval.report.summary", "eval.report.headline", "eval.commands.report"]
)
def test_plotting_and_templates_are_not_loaded_early(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{'matplotlib', 'jinja2'}} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

"""The confidence for any documents: fitted to small corpora of different fields, each told by a model of the others."""

import json
from pathlib import Path

import numpy as np
import pytest

from ingest.build import build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.fit.corpora import Corpus, CorpusError, documents_of, labelled_sets
from ingest.fit.engine import Engine
from ingest.fit.general import Held, area, fit_general, means
from ingest.fitted import Fitted
from ingest.index.versions import Versions
from ingest.pack import NONE, Packs, none
from service.bootstrap import Service
from service.fitting import ServiceEngine
from service.settings import NoRerankSettings, ServiceSettings
from tests.support.tiny_embedder import TinyEmbedder

FIELDS = {
    "pumps": ("甲乙丙丁戊己庚辛壬癸子丑寅卯辰", "{}{}号水泵每月检查轴承，停机后清洗外壳。", "{}{}号水泵怎么检查轴承？"),
    "law": ("东南西北中内外前后左右上下新旧", "{}{}区的商户应当在三十日内办理登记手续。", "{}{}区的商户何时办理登记？"),
    "sea": ("红橙黄绿青蓝紫白黑灰银金铜粉棕", "{}{}鱼生活在珊瑚礁附近，以藻类为食。", "{}{}鱼生活在哪里的附近？"),
}


MANY, SMALL = 15, 8  # letters: 105 passages indexed, and 28


def write_sets(root: Path, count: int = SMALL) -> Path:
    for name, (letters, text, question) in FIELDS.items():
        folder = root / name
        folder.mkdir(parents=True)
        things = [(one, other) for one in letters[:count] for other in letters[:count] if one != other]
        rows = {
            "corpus": [{"id": f"{a}{b}", "text": text.format(a, b)} for a, b in things],
            "queries": [{"id": f"q{a}{b}", "text": question.format(a, b)} for a, b in things],
            "qrels": [{"qid": f"q{a}{b}", "pid": f"{a}{b}"} for a, b in things],
        }
        for file, lines in rows.items():
            content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            (folder / f"{file}.jsonl").write_text(content, "utf-8")
    return root


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> list[Corpus]:
    return labelled_sets(write_sets(tmp_path_factory.mktemp("sets")))


@pytest.fixture(scope="module", params=[MANY, SMALL])
def fit(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Fitted, list[Held]]:
    """What was fitted to sets of many passages, or of few, by name."""
    root = tmp_path_factory.mktemp("indexes")
    sets = labelled_sets(write_sets(tmp_path_factory.mktemp("fitted"), request.param))

    def opened(corpus: Corpus) -> Engine:
        own = root / corpus.home
        folders = documents_of(corpus, own)
        versions = Versions(own / "index")
        build_index(folders, versions, TinyEmbedder(), RecursiveChunker(200), CleanSteps(), Packs(NONE))
        settings = ServiceSettings(index=own / "index", pack=NONE, rerank=NoRerankSettings(kind="none"))
        service = Service(settings, TinyEmbedder())
        return ServiceEngine(service, settings, service.open())

    return "few" if request.param == SMALL else "confidence", *fit_general(sets, opened, none().fitted, lambda *_: None)


def test_half_of_a_set_is_indexed_and_asked(sets: list[Corpus]) -> None:
    pumps = next(corpus for corpus in sets if corpus.name == "pumps")
    assert len(pumps.indexed) == len(pumps.passages) // 2
    asked = list(pumps.asked([corpus for corpus in sets if corpus is not pumps]))
    for text, inside in asked:
        assert inside == any(f"{thing}号" in text for thing in pumps.indexed)
    far = [text for text, _ in asked if "水泵" not in text]
    assert 0 < len(far) <= 50


def test_sets_of_the_same_passages_are_asked_across(tmp_path: Path) -> None:
    root = write_sets(tmp_path)
    for name in ("corpus", "qrels", "queries"):
        (root / "sea_other").mkdir(exist_ok=True)
        text = (root / "sea" / f"{name}.jsonl").read_text("utf-8")
        (root / "sea_other" / f"{name}.jsonl").write_text(text.replace("鱼", "fish"), "utf-8")
    across = {corpus.name: corpus for corpus in labelled_sets(root)}["sea asked in sea_other"]
    assert across.home == "sea"
    assert all("鱼" in text for text in across.passages.values())
    assert all("fish" in text for text, _ in across.questions)


def test_every_stage_that_the_engine_has_is_fitted_to_all_corpora(fit: tuple[str, Fitted, list[Held]]) -> None:
    name, fitted, held = fit
    present = none().fitted
    for new, old in zip(fitted.stages, present.stages, strict=True):
        changed = {part for part in ("confidence", "few", "own") if getattr(new, part) != getattr(old, part)}
        assert changed == ({name} if old.reranker == "" else set())
        assert new.margins == old.margins
    fused = {stage.fusion.partition(" ")[0] for stage in present.stages if not stage.reranker}
    assert {(each.stage, each.corpus) for each in held} == {(stage, name) for stage in fused for name in FIELDS}


def test_figures_are_of_corpora_that_the_model_has_not_seen(fit: tuple[str, Fitted, list[Held]]) -> None:
    _, _, held = fit
    for each in held:
        assert each.area > 0.8
        assert 0 <= each.falsely <= 1
    for mean in means(held).values():
        areas = [each.area for each in held if each.stage == mean.stage]
        assert mean.area == pytest.approx(np.mean(areas))


def test_what_was_written_for_other_documents_lies_far(tmp_path: Path) -> None:
    for name, answered, open_ in (("tea", "茶怎么泡？", "茶多少钱？"), ("ink", "墨怎么磨？", "墨在哪买？")):
        (tmp_path / name / "documents").mkdir(parents=True)
        rows = [{"question": answered, "answerable": True}, {"question": open_, "answerable": False}]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (tmp_path / name / "questions.jsonl").write_text(text, "utf-8")
    ink, tea, both = labelled_sets(tmp_path)
    assert (both.name, both.parts, len(both.documents)) == ("ink+tea", {"ink", "tea"}, 2)
    assert [*both.asked([])] == [*ink.asked([]), *tea.asked([])]
    assert list(tea.asked([ink])) == [("茶怎么泡？", True), ("茶多少钱？", False), ("墨怎么磨？", False)]


def test_the_area_counts_ties_by_half() -> None:
    right = np.array([True, True, False, False])
    assert area(np.array([0.9, 0.5, 0.5, 0.1]), right) == pytest.approx(3.5 / 4)


@pytest.mark.parametrize(
    ("file", "line", "told"),
    [("corpus", "{", r"corpus\.jsonl, line 57"), ("queries", '{"id": 1}', r"queries\.jsonl, line 57")],
)
def test_a_broken_set_is_named(tmp_path: Path, file: str, line: str, told: str) -> None:
    root = write_sets(tmp_path)
    with (root / "law" / f"{file}.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(line + "\n")
    with pytest.raises(CorpusError, match=told):
        labelled_sets(root)


def test_documents_are_taken_whole_with_their_own_questions(tmp_path: Path) -> None:
    root = write_sets(tmp_path / "sets")
    pool = tmp_path / "written" / "pool"
    (pool / "documents").mkdir(parents=True)
    rows = [{"question": "泳池几点开门？", "answerable": True}, {"question": "食堂几点开门？", "answerable": False}]
    (pool / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (tmp_path / "written" / "unasked" / "documents").mkdir(parents=True)
    sets = labelled_sets(root, tmp_path / "written")
    assert [corpus.name for corpus in sets] == [*sorted(FIELDS), "pool"]
    assert documents_of(sets[-1], tmp_path / "index") == [pool / "documents"]
    own = list(sets[-1].asked(sets[:-1]))
    assert own[:2] == [("泳池几点开门？", True), ("食堂几点开门？", False)]
    assert own[2:]
    assert not any(inside for _, inside in own[2:])  # of other fields


def test_one_set_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="0 labelled sets; at least 2 are needed"):
        labelled_sets(tmp_path)

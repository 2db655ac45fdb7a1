"""ask the same questions differently, among distracting passages, and without their entries"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from eval.ask.chat import ChatModel
from eval.commands import DONE, bars, console, positive
from eval.golden.question import GOLDEN, OUTLINE, GoldenQuestion, load
from eval.grow import entries
from eval.nights.run import Plan, RowFile, fingerprint, identify, measure, sample
from eval.robust import distract, effects, launch, translation, variants
from eval.robust.effects import COMPARED, Effect, Noise, Orphan, RobustnessError
from eval.score.row import Row

EPILOG = (
    "--noise and --removed build indexes of their own (about 70 s on 2 cores for one of the outline, five times that "
    "for all noise) and serve them on loopback. A measurement that was stopped goes on where it was with the same "
    "--out. Exit status: 0 measured, 2 not measured."
)

SHORT = {"hit_1": "hit@1", "hit_5": "hit@5", "status": "status"}  # tables fit 80 columns


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", default="http://127.0.0.1:8000", help="address of the service")
    parser.add_argument("--golden", type=Path, default=GOLDEN, help="questions, one JSON object a line")
    parser.add_argument("--documents", type=Path, default=OUTLINE, help="outline to add noise to and remove from")
    parser.add_argument("--out", type=Path, required=True, help="folder for robustness.json and what is half finished")
    parser.add_argument("--sample", type=positive, default=40, help="so many questions, always the same")
    parser.add_argument("--concurrency", type=positive, default=2, help="questions asked at once")
    parser.add_argument("--noise", action="store_true", help="also with 0 to 80 %% distracting passages in the index")
    parser.add_argument("--removed", action="store_true", help="also with the asked entries cut out of the outline")
    parser.add_argument("--judge", help="OpenAI-compatible server whose model translates to English, up to /v1")
    parser.add_argument("--model", help="the model's name there")


def main(options: argparse.Namespace) -> int:
    if options.judge and not options.model:
        raise RobustnessError("--judge needs --model, the name that the server gives its model")
    questions = load(options.golden)
    chosen = sample(questions, options.sample)
    version, generator = asyncio.run(identify(options.target, chosen))
    begun = {"target": options.target, "index_version": version, "generator": generator}
    _take_up(options.out, begun)
    report = begun | {"golden": options.golden.name, "golden_sha256": fingerprint(chosen), "asked": len(chosen)}
    out = Console()
    report["variants"] = _variants(options, chosen, out)
    _write(options.out, report)
    if options.noise:
        report["noise"] = _noise(options, chosen, out)
        _write(options.out, report)
    if options.removed:
        report["removed"] = _removed(options, questions, out)
        _write(options.out, report)
    return DONE


def _take_up(out: Path, begun: Mapping[str, Any]) -> None:
    """Begin in the folder, or make sure that it holds the same measurement; raises RobustnessError."""
    record = out / "begun.json"
    if not record.exists():
        out.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(begun, indent=1) + "\n", "utf-8")
        return
    try:
        was = json.loads(record.read_bytes())
    except ValueError as error:
        raise RobustnessError(f"{record} is damaged ({error}); name another --out") from error
    if was != begun:
        raise RobustnessError(f"{out} holds a measurement of {was}, and this is one of {begun}; name another --out")


def _write(out: Path, report: Mapping[str, Any]) -> None:
    made = {"created": datetime.now(UTC).isoformat(timespec="seconds")} | dict(report)
    text = json.dumps(made, ensure_ascii=False, indent=1)
    (out / "robustness.json").write_text(text + "\n", "utf-8")


def _measure(options: argparse.Namespace, part: str, target: str, questions: Sequence[GoldenQuestion]) -> list[Row]:
    """Ask what the part has not asked yet."""
    with bars(console) as progress:
        task = progress.add_task(f"Asking, {part}", total=len(questions))
        return asyncio.run(
            measure(
                Plan(target, options.concurrency),
                questions,
                _file(options, part, questions),
                progress=lambda: progress.advance(task),
            )
        )


def _file(options: argparse.Namespace, part: str, questions: Sequence[GoldenQuestion]) -> RowFile:
    """Return the rows of a part; other questions have other files."""
    return RowFile(options.out / f"{part}-{fingerprint(questions)[:8]}.jsonl")


def _variants(options: argparse.Namespace, questions: Sequence[GoldenQuestion], out: Console) -> dict[str, Any]:
    written = _measure(options, "as written", options.target, questions)
    effects_of: dict[str, Any] = {}
    table = _differences("The same questions, changed", "")
    for name, changed in _change(options, questions).items():
        if changed:
            compared = effects.compare(written, _measure(options, name, options.target, changed))
            effects_of[name] = {metric: _record(each) for metric, each in compared.items()}
            _add(table, name, compared)
    out.print(table)
    if "english" not in effects_of:
        out.print("no English variant: it needs --judge and --model, and Chinese questions", soft_wrap=True)
    return effects_of


def _change(options: argparse.Namespace, questions: Sequence[GoldenQuestion]) -> dict[str, list[GoldenQuestion]]:
    made: dict[str, list[GoldenQuestion]] = {
        name: [new for question in questions if (new := variants.changed(question, name))] for name in variants.RULES
    }
    if options.judge:
        made["english"] = _english(options, questions)
    return made


def _english(options: argparse.Namespace, questions: Sequence[GoldenQuestion]) -> list[GoldenQuestion]:
    model = ChatModel(options.judge, options.model)
    try:
        with bars(console) as progress:
            task = progress.add_task("Translating", total=sum(map(translation.is_chinese, questions)))
            made = translation.translate(questions, model, progress=lambda: progress.advance(task))
    finally:
        model.close()
    for reason, count in made.failures.items():
        console.print(f"not translated, {count} times: {reason}", markup=False)
    return list(made.questions)


def _noise(options: argparse.Namespace, questions: Sequence[GoldenQuestion], out: Console) -> list[dict[str, Any]]:
    text, outline = entries.load(options.documents)
    folder = options.out / "noise"
    texts, names = distract.documents(text, outline)
    extra = distract.write(folder / "documents", texts)
    sums: list[Noise] = []
    clear: list[Row] = []
    sizes: dict[str, int] = _sizes(folder)
    for level, share in enumerate(distract.SHARES):
        part = f"noise-{share}"
        file = _file(options, part, questions)
        if part not in sizes or len(file.read()) < len(questions):
            # One index for all: each level reuses the vectors of the one before.
            console.print(f"building the index with {share:.0%} noise", highlight=False)
            with launch.serving([options.documents, *extra[:level]], folder) as url:
                _measure(options, part, url, questions)
            sizes[part] = launch.passages(folder)
            (folder / "passages.json").write_text(json.dumps(sizes) + "\n", "utf-8")
        rows = {row.question.id: row for row in file.read()}
        clear = clear or [rows[question.id] for question in questions]
        size = (sizes["noise-0.0"], sizes[part])
        sums.append(effects.sum_up_noise(share, size, clear, [rows[question.id] for question in questions], names))
    _show_noise(sums, out)
    return [asdict(each) | {name: _record(getattr(each, name)) for name in COMPARED} for each in sums]


def _sizes(folder: Path) -> dict[str, int]:
    """Return the passages of the finished levels' indexes."""
    record = folder / "passages.json"
    try:
        return dict(json.loads(record.read_bytes())) if record.exists() else {}
    except ValueError as error:
        raise RobustnessError(f"{record} is damaged ({error}); remove it, its parts are measured again") from error


def _show_noise(sums: Sequence[Noise], out: Console) -> None:
    heads = ("wanted", "share", "passages", "of first 5", "answered", "distracted")
    table = _table("Distracting passages in the index", *heads)
    figures = _differences("What they do, against none", "share")
    for each in sums:
        distracted = "-" if each.distracted is None else f"{each.distracted:.3f}"
        sizes = (f"{each.share:.1%}", str(each.passages), f"{each.shown:.1%}", str(each.answered))
        table.add_row(f"{each.wanted:.0%}", *sizes, distracted)
        if each.wanted:
            _add(figures, f"{each.share:.1%}", {name: getattr(each, name) for name in COMPARED})
    out.print(table, figures)


def _removed(options: argparse.Namespace, questions: Sequence[GoldenQuestion], out: Console) -> dict[str, Any]:
    text, outline = entries.load(options.documents)
    orphans = effects.removable(questions, options.sample)
    file, folder = _file(options, "removed", orphans), options.out / "removed"
    if len(file.read()) < len(orphans):
        folder.mkdir(parents=True, exist_ok=True)
        gone = {question.entries[0] for question in orphans}
        rest = folder / options.documents.name
        rest.write_text(entries.without(text, [e for e in outline if e.id in gone]), encoding="utf-8", newline="\n")
        console.print(f"building the index without {len(gone)} entries", highlight=False)
        with launch.serving([rest], folder) as url:
            _measure(options, "removed", url, orphans)
    rows = {row.question.id: row for row in file.read()}
    bare = [effects.orphan_of(rows[question.id]) for question in orphans]
    refused = effects.measure_effect([0.0] * len(bare), [float(each.outcome == "refused") for each in bare])
    _show_removed(bare, refused, out)
    return {"refused": _record(refused), "questions": [asdict(each) for each in bare]}


def _show_removed(bare: Sequence[Orphan], refused: Effect, out: Console) -> None:
    counts = Counter(each.outcome for each in bare)
    out.print(
        f"\nTheir entries removed: {counts['refused']} of {len(bare)} refused ({refused.changed:.3f}, 95 % interval "
        f"{refused.low:.3f} to {refused.high:.3f}); answered from other entries: {counts['elsewhere']} with all key "
        f"points, {counts['unfounded']} without; no reply: {counts['failed']}",
        highlight=False,
        soft_wrap=True,
    )
    for each in bare:
        if each.outcome in ("elsewhere", "unfounded"):
            line = f"{each.outcome}: {each.id}, {each.removed} removed, from {', '.join(each.cited) or 'nothing'}"
            out.print(f"- {line}\n  {each.question}\n  {each.answer[:300]}", markup=False, highlight=False)


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    return table


def _differences(title: str, first: str) -> Table:
    table = _table(title, first, "figure", "n", "before", "after", "difference", "from", "to")
    table.columns[1].justify = "left"
    return table


def _add(table: Table, name: str, compared: Mapping[str, Effect]) -> None:
    """Add a line a figure; the interval is that of the difference."""
    table.add_section()
    for metric, each in compared.items():
        shares = (f"{each.written:.3f}", f"{each.changed:.3f}")
        table.add_row(
            name, SHORT[metric], str(each.n), *shares, f"{each.mean:+.3f}", f"{each.low:+.3f}", f"{each.high:+.3f}"
        )
        name = ""


def _record(figure: Effect) -> dict[str, float]:
    return asdict(figure) | {"difference": figure.mean}

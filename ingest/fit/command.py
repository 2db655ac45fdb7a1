"""`python -m ingest fit`: fit everything into the pack of the current index, and show figures before and after."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ingest import plugins
from ingest.fit.documents import ABOUT, COLUMNS, Made, cells
from ingest.fit.engine import Engine, EngineError
from ingest.fit.general import Held, means
from ingest.fit.part import Part
from ingest.fit.run import fit_all, general
from ingest.fitted import Fitted
from ingest.progress import bars

NEEDED = ("sklearn", "scipy", "threadpoolctl")
TRAINED = Path("var/reranker/run")


def fit_pack(
    out: Console, console: Console, anew: bool, cross_encoder: Path | None, everywhere: Path | None, root: Path
) -> Path:
    """Write fitted.json of the current index's pack, and return its path.

    `cross_encoder` is the folder of question sets to train one from first; `everywhere` a pack that what holds for any
    documents goes into, too. Raises EngineError when a package is missing, ValueError when the engine is, PackError for
    broken labels.
    """
    check_packages()
    opened: Callable[[], Engine] = plugins.factory("engine", "service")
    engine = opened()
    if cross_encoder is not None:
        _train(engine, cross_encoder)
        engine = opened()
    try:
        with bars(console) as progress:
            result = fit_all(engine, root, _command(anew, cross_encoder, everywhere), anew, progress)
        own = engine.refit(everywhere) if everywhere is not None else ()
        path = engine.snapshot.pack.folder / "fitted.json"
    finally:
        engine.close()
    result.fitted.write(path)
    if everywhere is not None:
        anywhere = everywhere / "fitted.json"
        general(result.fitted, Fitted.read(anywhere)).write(anywhere)
    _show(out, [*result.parts, *own])
    return path


def check_packages() -> None:
    """Raise EngineError naming a package that is missing."""
    for name in NEEDED:
        try:
            __import__(name)
        except ImportError as error:
            raise EngineError(f"{name} is needed to fit: pip install '.[fit]'") from error


def _train(engine: Engine, data: Path) -> None:
    """Train a cross-encoder and put its files where the engine has them."""
    from ingest.fit.reranker.__main__ import main as train  # torch takes seconds to load
    from ingest.fit.reranker.card import CARD, FILES

    folder = engine.folder
    engine.close()
    if train(["train", "--data", str(data), "--out", str(TRAINED)]):
        raise EngineError("the cross-encoder was not trained; what was said above is why")
    for name in (*FILES, CARD):
        shutil.copy(TRAINED / name, folder / name)


def _command(anew: bool, cross_encoder: Path | None, everywhere: Path | None) -> str:
    options = (
        ("--anew", anew),
        (f"--cross-encoder {cross_encoder}", cross_encoder),
        (f"--general {everywhere}", everywhere),
    )
    return " ".join(["python -m ingest fit", *(text for text, given in options if given)])


def _show(out: Console, parts: Sequence[Part[object]]) -> None:
    table = Table("part", "before", "after", "taken", title="Figures on the pack's labelled questions", show_lines=True)
    for part in parts:
        table.add_row(part.name, part.before, part.after, "new" if part.taken else "kept: not better")
    out.print(table)
    out.print(
        "before: the present numbers, which may have been fitted to the same questions; after: cross-validated, five "
        "folds for ranks and margins, ten for confidence; support: one entry of three held out"
    )


def show_gains(out: Console, made: Made) -> None:
    """Show what a pack for documents does for them, and where it lies."""
    table = Table(*COLUMNS, title="What other names do")
    for gain in made.gains:
        table.add_row(*cells(gain))
    out.print(table)
    out.print(ABOUT)
    found = f"{made.things} things have several names in the documents"
    if made.folder:
        out.print(f"{found}; the pack is in {made.folder}: look at glossary.txt and pack.toml, change what is wrong")
    else:
        out.print(f"{found}; a pack of them is not better than none, so none was written")


def show_held(out: Console, held: Sequence[Held]) -> None:
    """Show what the confidence for any documents does on corpora that it has not seen."""
    title = "Is it in the documents? Each corpus under a model of the others"
    names = ("stage", "corpus", "questions", "AUROC", "refused at 5 %", "calibration error", "false refusals")
    table = Table(*names, title=title)
    for each in (*held, *means(held).values()):
        figures = (each.area, each.refused, each.error, each.falsely)
        table.add_row(each.stage, each.corpus, str(each.questions), *(f"{figure:.3f}" for figure in figures))
    out.print(table)

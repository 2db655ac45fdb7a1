"""What a model learned on top of the weights that it was published with, as a product of two thin matrices.

Hu and others, LoRA: Low-Rank Adaptation of Large Language Models (ICLR 2022): W + up @ down. The published weights stay
as they are, so that what is kept of them in 4 bits still holds.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[np.float32]]

DELTA = "delta.safetensors"
UP, DOWN = ".up", ".down"


def read_delta(folder: Path) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return, by the name of the matrix that they add to, `down` (rank, in) and `up` (out, rank); {} without a file.

    Raises ValueError for a file that is no delta, OSError for one that cannot be read.
    """
    path = folder / DELTA
    if not path.is_file():
        return {}
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        halves = {name: half.astype(np.float32) for name, half in load_file(path).items()}
        names = {name.removesuffix(DOWN) for name in halves if name.endswith(DOWN)}
        return {name: (halves[name + DOWN], halves[name + UP]) for name in sorted(names)}
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"{path} is no delta: {error}") from error


def write_adapted(base: Path, delta: Path, folder: Path) -> None:
    """Write a model's folder with a delta; the model's files get a second name, where the disk knows such."""
    shutil.copytree(base, folder, copy_function=_linked)
    shutil.copyfile(delta, folder / DELTA)


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def merged(weights: Weights, delta: Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]) -> Weights:
    """Return the weights with a delta added to them."""
    added = {f"{name}.weight": weights[f"{name}.weight"] + up @ down for name, (down, up) in delta.items()}
    return {**weights, **added}

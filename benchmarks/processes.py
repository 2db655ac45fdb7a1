"""Processes to measure in, each with nothing else in it."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

import psutil

Result = TypeVar("Result")


def apart(function: Callable[[int], Result], size: int) -> Result:
    """Call a function in a process of its own, so that memory is that of nothing else."""
    with ProcessPoolExecutor(1, get_context("spawn")) as own:
        return own.submit(function, size).result()


def own_memory() -> float:
    """Return the MB of this process that no file backs: mapped ones can leave memory, and processes share them."""
    held = psutil.Process().memory_info()
    return float(held.rss - held.shared) / 2**20

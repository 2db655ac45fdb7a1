"""Texts of random characters, and their like with some of them changed."""

import random

HAN = [chr(c) for c in range(0x4E00, 0x4E00 + 2000)]


def passage(seed: int, length: int = 400) -> str:
    return "".join(random.Random(seed).choices(HAN, k=length))


def changed(text: str, places: list[int]) -> str:
    return "".join("*" if i in places else character for i, character in enumerate(text))

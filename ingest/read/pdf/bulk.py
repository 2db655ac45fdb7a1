"""What pdfium says of all the characters of a page, asked at once or in the fewest steps that it lets one."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pypdfium2.raw as c
from numpy.typing import NDArray


def _plainly(function: Any, result: Any, *arguments: type) -> Any:
    """Return a function of pdfium that takes and gives addresses as numbers, in a third of the time."""
    return ctypes.PYFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


NAME = 128  # bytes of a font's name
AHEAD = 16  # characters, about half a line: the next that is asked whether it is of the same object
_PLACE = (ctypes.c_void_p, ctypes.c_int)  # a page's text, and a character's number in it
_box_of = _plainly(c.FPDFText_GetLooseCharBox, ctypes.c_int, *_PLACE, ctypes.c_void_p)
_unicode_of = _plainly(c.FPDFText_GetUnicode, ctypes.c_uint, *_PLACE)
is_generated = _plainly(c.FPDFText_IsGenerated, ctypes.c_int, *_PLACE)
_font_of = _plainly(c.FPDFText_GetFontInfo, ctypes.c_ulong, *_PLACE, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p)
weight_of = _plainly(c.FPDFText_GetFontWeight, ctypes.c_int, *_PLACE)
size_of = _plainly(c.FPDFText_GetFontSize, ctypes.c_double, *_PLACE)
angle_of = _plainly(c.FPDFText_GetCharAngle, ctypes.c_float, *_PLACE)
_matrix_of = _plainly(c.FPDFText_GetMatrix, ctypes.c_int, *_PLACE, ctypes.c_void_p)
object_of = _plainly(c.FPDFText_GetTextObject, ctypes.c_size_t, *_PLACE)


def address(raw: c.FPDF_TEXTPAGE) -> int | None:
    """Where a page's text lies, for what is asked of each character."""
    return ctypes.cast(raw, ctypes.c_void_p).value


def codes(raw: c.FPDF_TEXTPAGE, count: int) -> NDArray[np.uint32]:
    """Return the code of each character, (count,): of all at once, or one by one where that makes fewer of them."""
    text = (ctypes.c_ushort * (count + 1))()
    units = c.FPDFText_GetText(raw, 0, count, text)
    at_once = bytes(text)[: 2 * (units - 1)].decode("utf-16-le", "surrogatepass")
    if len(at_once) == count:
        return np.frombuffer(bytearray(at_once.encode("utf-32-le", "surrogatepass")), np.uint32)
    return np.fromiter(map(_unicode_of, repeat(address(raw)), range(count)), np.uint32, count)


def boxes(page: int | None, count: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return each character's left, top, right and bottom edge in user space, (count, 4), and whether it has a box."""
    rects = (c.FS_RECTF * count)()
    first, each = ctypes.addressof(rects), ctypes.sizeof(c.FS_RECTF)
    boxed = map(_box_of, repeat(page), range(count), range(first, first + count * each, each))
    has_box = np.fromiter(boxed, np.bool_, count)
    return np.frombuffer(rects, np.float32).reshape(-1, 4).astype(np.float64), has_box


def objects(page: int | None, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield where among some characters' numbers another text object begins, and its address.

    One has one font, size and direction. Its characters stand together, so most need not be asked for.
    """
    start, count = 0, len(places)
    while start < count:
        owner = object_of(page, places[start])
        yield start, owner
        last, reach = start, AHEAD
        while last + reach < count and object_of(page, places[last + reach]) == owner:
            last, reach = last + reach, 2 * reach
        low, high = last + 1, min(last + reach, count)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if object_of(page, places[middle]) == owner else (low, middle)
        start = low


def font(page: int | None, index: int) -> tuple[str, int]:
    """Return the name of a character's font, in small letters, and its flags."""
    name, flags = ctypes.create_string_buffer(NAME), ctypes.c_int()
    _font_of(page, index, ctypes.addressof(name), NAME, ctypes.addressof(flags))
    return name.value.decode("utf-8", "replace").lower(), flags.value


def scale(page: int | None, index: int) -> float:
    """Return how many times its font's size a character is high."""
    matrix = c.FS_MATRIX()
    return math.hypot(matrix.c, matrix.d) if _matrix_of(page, index, ctypes.addressof(matrix)) else 1.0

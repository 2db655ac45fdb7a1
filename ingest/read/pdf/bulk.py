"""What pdfium says of all the characters of a page, asked at once or in the fewest steps that it lets one."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from itertools import repeat
from typing import Any

import pypdfium2.raw as c


def _plainly(function: Any, result: Any, *arguments: type) -> Any:
    """Return a function of pdfium that takes and gives addresses as numbers, in a third of the time."""
    return ctypes.PYFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_PLACE = (ctypes.c_void_p, ctypes.c_int)  # a page's text, and a character's number in it
_box_of = _plainly(c.FPDFText_GetLooseCharBox, ctypes.c_int, *_PLACE, ctypes.c_void_p)
_unicode_of = _plainly(c.FPDFText_GetUnicode, ctypes.c_uint, *_PLACE)
is_generated = _plainly(c.FPDFText_IsGenerated, ctypes.c_int, *_PLACE)
_object_of = _plainly(c.FPDFText_GetTextObject, ctypes.c_void_p, *_PLACE)


def address(raw: c.FPDF_TEXTPAGE) -> int | None:
    """Where a page's text lies, for what is asked of each character."""
    return ctypes.cast(raw, ctypes.c_void_p).value


def codes(raw: c.FPDF_TEXTPAGE, count: int) -> Iterable[int]:
    """Return the code of each character; some pages' text at once is shorter, then they are asked one by one."""
    text = (ctypes.c_ushort * (count + 1))()
    units = c.FPDFText_GetText(raw, 0, count, text)
    at_once = bytes(text)[: 2 * (units - 1)].decode("utf-16-le", "surrogatepass")
    if len(at_once) == count:
        return map(ord, at_once)
    return map(_unicode_of, repeat(address(raw)), range(count))


def boxes(page: int | None, count: int) -> Iterable[tuple[float, float, float, float] | None]:
    """Return the left, top, right and bottom edge of each character in user space, None where it has none."""
    rects = (c.FS_RECTF * count)()
    first, each = ctypes.addressof(rects), ctypes.sizeof(c.FS_RECTF)
    boxed = list(map(_box_of, repeat(page), range(count), range(first, first + count * each, each)))
    edges = memoryview(rects).cast("B").cast("f").tolist()
    sides = zip(edges[::4], edges[1::4], edges[2::4], edges[3::4], strict=True)
    return sides if all(boxed) else [box if has_box else None for box, has_box in zip(sides, boxed, strict=True)]


def objects(page: int | None, count: int) -> Iterable[int | None]:
    """Return the text object that each character is of: one has one font, size and direction."""
    return map(_object_of, repeat(page), range(count))

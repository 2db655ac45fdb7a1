"""How long a text is to those who read it."""

import unicodedata

LONGEST = 4000  # characters of a question when it is unfolded, which no question has that people write


def bounded(text: str, most: int) -> str:
    """Return as much of a text's beginning as has at most so many characters when it is unfolded (NFKC).

    One character can unfold to 18, so that a length says little of the work that a text makes.
    """
    text = text[:most]
    while (length := len(unicodedata.normalize("NFKC", text))) > most:
        text = text[: min(len(text) - 1, len(text) * most // length)]
    return text

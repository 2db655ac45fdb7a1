"""Names with a version that the documents do not have, though they have the same name with another one.

Search sees GPT-5 as nearly GPT-4, and what stands of the one would be given as the answer about the other.
"""

import re

from service.search.lexicon import Lexicon

VERSIONED = re.compile(r"([a-z]{2,})-?\d[\d.]*")


def foreign(lexicon: Lexicon, question: str) -> bool:
    """Whether a question is about another version of what the documents deal with.

    It is not where another thing is named too: what is said of that may be the answer.
    """
    named = [VERSIONED.fullmatch(term) for term in lexicon.proper(question)]
    families = {match[1] if match else "" for match in named}
    if len(families) != 1 or "" in families:
        return False
    unknown = any(match and not lexicon.has(match[0]) for match in named)
    return unknown and any(lexicon.versions(family) for family in families)

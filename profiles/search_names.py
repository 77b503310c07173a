"""A name as somebody types it: the ways to read it, and the text queries that find it, slips included."""

import re
from collections.abc import Sequence
from itertools import product
from string import ascii_lowercase

from .canonical.text import fold

WORDS = 6  # of a name that are looked for
SLIP_FROM = 3  # letters of a word in which a slip is forgiven
NEAR = 8  # words near one that are tried
UNFINISHED = ":*"  # after a query: its last word may go on
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2,6}")


def readings(text: str) -> list[str]:
    """The name folded, as it may be stored: one of East Asian signs has no blank to tell family from given name."""
    if not _EAST_ASIAN.fullmatch(text):
        folded = fold(text)
        return [folded] if folded else []
    splits = [f"{text[:place]} {text[place:]}" for place in (1, 2) if place < len(text)]
    return [fold(split) for split in (*splits, text)]


def query(name: str) -> str:
    """The text query for all words of a folded name, in any order."""
    return " & ".join(f"'{word}'" for word in name.split()[:WORDS])


def misspelled(near: Sequence[Sequence[str]], names: Sequence[str]) -> list[str]:
    """The name with one word replaced by one near it, then, of two words, both; at most about 80 names.

    `near` holds for each word the words near it, the most common first.
    """
    words = names[0].split()[:WORDS] if names else []
    near = [more[:NEAR] for more in near]
    found = [[*words[:place], other, *words[place + 1 :]] for place, more in enumerate(near) for other in more]
    if len(words) == 2:
        found += map(list, product(*near))
    return [" ".join(parts) for parts in found]


def one_slip(word: str) -> set[str]:
    """Words that differ by a letter more, less, other, or two swapped; none of a short word."""
    if len(word) < SLIP_FROM or len(word) > 40:
        return set()
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    less = {left + right[1:] for left, right in cuts if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    other = {left + letter + right[1:] for left, right in cuts if right for letter in ascii_lowercase}
    more = {left + letter + right for left, right in cuts for letter in ascii_lowercase}
    return (less | swapped | other | more) - {word}

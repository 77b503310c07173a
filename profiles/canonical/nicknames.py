"""Nicknames: one name that stands for a group of given names that people use for each other."""

from functools import cache, lru_cache

from nicknames import NickNamer


@cache
def _namer() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=100_000)
def nickname_group(folded: str) -> str:
    """The formal name most usual for a folded given name, itself when there is none ("bob" is robert)."""
    if not folded:
        return ""
    formal = sorted(_namer().canonicals_of(folded))
    return formal[0] if formal else folded

"""Legal holds."""

from collections.abc import Callable

from governance import holds
from tests.cast import Cast, profile_of


def place(cast: Cast) -> object:
    return holds.place(profile=profile_of(cast.shop, "1"), reason="claim", matter="M-1", by=cast.root)


def release(cast: Cast) -> Callable:
    hold = place(cast)
    return lambda: holds.release(hold=hold, by=cast.root)


VERBS = [
    ("governance.holds.place", lambda cast: lambda: place(cast), ["hold.placed"]),
    ("governance.holds.release", release, ["hold.released"]),
]

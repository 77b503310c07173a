"""Standardisers whose answer, read again, is itself: a record that comes back from an export changes nothing."""

from functools import wraps

from .types import Context, Standardised, Standardiser

ROUNDS = 4


def settled(field: str, standardise: Standardiser) -> Standardiser:
    """The standardiser, applied to its own answer in `field` until that stays as it is.

    What a later reading finds in other fields fills only what the first left open; what settles on nothing is nothing,
    with the problem the last reading names. Costs one more reading of the few values that it changes.
    """

    @wraps(standardise)
    def read(raw: str, context: Context) -> Standardised:
        found = standardise(raw, context)
        own, seen = found.values.get(field), raw
        for _ in range(ROUNDS):
            if not own or own[0] == seen:
                return found
            seen = own[0]
            again = standardise(seen, context)
            own = again.values.get(field)
            if own != (seen,):
                others = {key: values for key, values in found.values.items() if key != field}
                found = Standardised({**again.values, **others}, again.problem or found.problem)
        return Standardised({key: values for key, values in found.values.items() if key != field}, found.problem)

    return read

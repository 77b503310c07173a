"""Consent as sources write it: agreed, withdrawn or objected, and the day when that was said."""

import re

from .dates import date
from .text import fold, plain
from .types import VALUE, Context, Problem, Standardised

_WORDS = {
    "grant": "yes|y|true|t|1|on|opt in|optin|opted in|in|granted|grant|agreed|agree|accepted|subscribed|ja|j|oui|si|tak|да",
    "withdraw": "no|n|false|f|0|off|opt out|optout|opted out|out|withdrawn|withdraw|revoked|denied|declined|refused|unsubscribed|nein|non|nie",
    "object": "objected|object|objection|do not contact|dnc|never|widersprochen|widerspruch",
}
_MEANING = {fold(word): act for act, words in _WORDS.items() for word in words.split("|")}
_PARTS = re.compile(r"^(?P<word>[^\d:|;@]+|[01])(?:\s*[|;@:]\s*|\s+)?(?P<day>\d.*)?$", re.DOTALL)
UNREADABLE = Standardised(
    problem=Problem("unreadable_consent", "This is neither a yes nor a no, with or without a day.")
)


def consent(raw: str, context: Context) -> Standardised:
    """Yes, no or objected in many words, with the day after it where it is known: "yes 2025-03-01", "opt-out".

    A cell that cannot be read sets the whole row aside: a no must never be lost.
    """
    text = plain(raw[:200])
    if not text:
        return Standardised()
    found = _PARTS.match(text)
    act = _MEANING.get(fold(found["word"].replace("-", " ")).strip()) if found else None
    if act is None or found is None:
        return UNREADABLE
    if not found["day"]:
        return Standardised({VALUE: (act,)})
    day = date(found["day"], context).values.get(VALUE, ("",))[0]
    return Standardised({VALUE: (f"{act} {day}",)}) if len(day) == len("2025-03-01") else UNREADABLE

"""The vetoes of a draft on its form: at which levels each holds. Which are on is chosen like rules are."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django import forms

from . import drafts
from .engine.explain import REASON_SENTENCES
from .engine.model import MISSING, Model
from .engine.types import Reason

PATH = "veto"


class Term(NamedTuple):
    """One thing that a veto asks for: the path of its field, the veto, and the levels by comparison of which one must hold."""

    path: str
    veto: Mapping[str, Any]
    levels: dict[str, list[str]]
    comparison: str


def sentence(veto: Mapping[str, Any]) -> str:
    """What a veto says when it holds."""
    return REASON_SENTENCES[Reason(veto["reason"])]


def terms(content: Mapping[str, Any]) -> Iterator[Term]:
    """Everything that vetoes ask for, switched off ones too; what they make an exception of cannot be set on screen."""
    for place, veto in enumerate(drafts.all_rules(content, "vetoes")):
        for number, levels in enumerate(veto["all"]):
            for comparison in levels:
                yield Term(f"{PATH}.{place}.{number}.{comparison}", veto, levels, comparison)


def fields(content: Mapping[str, Any], model: Model) -> dict[str, forms.MultipleChoiceField]:
    """A field for each thing that a veto asks for: the levels that fulfil it."""
    return {term.path: _field(term, model) for term in terms(content)}


def put(content: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Write the levels that were chosen into the content."""
    for term in terms(content):
        term.levels[term.comparison] = list(said[term.path])


def _field(term: Term, model: Model) -> forms.MultipleChoiceField:
    levels = [level.name for number, level in enumerate(model.comparison(term.comparison).levels) if number != MISSING]
    return forms.MultipleChoiceField(
        choices=[(name, name.replace("_", " ")) for name in levels],
        initial=term.levels[term.comparison],
        required=len(term.levels) == 1,
        label=f"{term.comparison.replace('_', ' ').capitalize()} is",
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
    )

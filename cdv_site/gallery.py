"""Every component in every state on one page, so that a look is judged and tested in one place."""

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from .states import LOOKS


class SampleForm(forms.Form):
    """Fields of each kind, one of them wrong."""

    name = forms.CharField(help_text="As the source writes it.")
    email = forms.EmailField(label="E-mail")
    source = forms.ChoiceField(choices=[("shop", "Shop"), ("crm", "CRM")], required=False)
    never_again = forms.BooleanField(label="Never match them again", required=False)
    channels = forms.MultipleChoiceField(
        choices=[("mail", "By e-mail"), ("post", "By post")], widget=forms.CheckboxSelectMultiple, required=False
    )
    keep = forms.ChoiceField(label="Which id stays", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)


@dataclass(frozen=True, slots=True)
class SampleBar:
    """A step of evidence."""

    label: str
    sentence: str
    weight: float
    kind: str


BARS = (
    SampleBar("prior", "Before anything is compared: how rarely two records are one customer.", -12.4, "prior"),
    SampleBar("email", "Same e-mail address.", 13.1, "agree"),
    SampleBar("name", "Names nearly equal: Jon, Jonathan.", 5.8, "agree"),
    SampleBar("birth_date", "One digit differs.", 3.2, "agree"),
    SampleBar("phone", "Only one has a phone number.", 0.0, "missing"),
    SampleBar("address", "Different towns.", -2.6, "conflict"),
    SampleBar("household", "They could also be two people of one household.", -1.1, "household"),
)
NAMES = ("Jonathan Meier-Schmidt", "Jon Meier Schmid")


def _row(label: str, after: tuple[tuple[str, str, str], ...], *sides: tuple[str, ...]) -> dict[str, object]:
    """A row of a comparison: after = (value, sides, rule) each; sides = the values of each customer."""
    cells = [
        [
            {"value": value, "against": other[0] if len(side) == len(other) == 1 else "", "equal": value in other}
            for value in side
        ]
        for side, other in (sides, sides[::-1])
    ]
    shown = [{"value": SimpleNamespace(value=value, rule=rule), "sides": letters} for value, letters, rule in after]
    return {"label": label, "after": shown, "cells": cells, "equal": sides[0] == sides[1]}


ROWS = (
    _row("Name", ((NAMES[0], "A", "trusted"),), (NAMES[0],), (NAMES[1],)),
    _row("E-mail", (("jon@example.com", "AB", "union"),), ("jon@example.com",), ("jon@example.com",)),
    _row("Birth date", (("1984-03-12", "A", "trusted"),), ("1984-03-12",), ("1984-03-17",)),
    _row("Phone", (("+49 30 901820", "A", "union"),), ("+49 30 901820",), ()),
)


def _samples() -> dict[str, object]:
    now = timezone.now()
    value = SimpleNamespace(value="jon@example.com", rule="most trusted source", record_ids=(1, 2))
    return {
        "states": sorted(LOOKS),
        "tones": ("plain", "ok", "warn", "bad", "info", "accent"),
        "alerts": ("success", "info", "warning", "danger"),
        "bars": BARS,
        "columns": (
            ("A", "Jonathan Meier-Schmidt", "4f21ab07 · 3 records", "#"),
            ("B", "Jon Meier Schmid", "99c0d1e2 · 1 record", "#"),
        ),
        "rules": {"trusted": "most trusted source", "union": "all are kept"},
        "rows": ROWS,
        "value": value,
        "moments": (now, now - timedelta(minutes=7), now - timedelta(days=40)),
        "probabilities": (0.9997, 0.82, 0.41, 0.07, None),
        "trend": (61, 64, 63, 70, 74, 73, 81, 86),
        "reasons": (
            ("The evidence is not strong enough", 182, "#"),
            ("A rival fits as well", 41, "#"),
            ("Birth dates differ", 9, "#"),
        ),
        "pairs": (("Customer since", "12 March 2019"), ("Records", "5 of 3 sources"), ("Language", "German")),
        "tabs": (
            ("Profile", "#", True, None),
            ("Timeline", "#", False, 12),
            ("Sources", "#", False, 3),
            ("History", "#", False, None),
        ),
        "crumbs": (("Customers", "#"), ("Jonathan Meier-Schmidt", "#")),
    }


@login_required
@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """The gallery: made-up data only, no query beyond the session's."""
    form = SampleForm({"name": "Jon", "email": "no address", "source": "shop", "channels": ["mail"], "keep": "a"})
    return render(request, "cdv_site/gallery.html", {"form": form, **_samples()})

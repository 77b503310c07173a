"""Forms of this app."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from profiles.audit import EVENTS
from profiles.models import AuditEvent

WHAT = [("", "Reads and acts"), ("reads", "Only reads of personal data"), ("acts", "Only acts")]


def _kinds() -> list[tuple[str, object]]:
    """Kinds of event by what they are about."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, kind in sorted(EVENTS.items()):
        groups.setdefault(name.partition(".")[0].replace("_", " ").capitalize(), []).append((name, kind.title))
    return [("", "Anything"), *groups.items()]


class DayField(forms.DateField):
    """A day; the form turns it into a moment."""

    widget = forms.DateInput(attrs={"type": "date"})


class PeriodForm(forms.Form):
    """A stretch of days, both included; `since` and `until` are moments."""

    since = DayField(required=False, label="From")
    until = DayField(required=False, label="To")

    def clean_since(self) -> datetime | None:
        return _midnight(self.cleaned_data["since"])

    def clean_until(self) -> datetime | None:
        day = self.cleaned_data["until"]
        return _midnight(day + timedelta(days=1)) if day and day.year < 9999 else None


class AuditFilterForm(PeriodForm):
    """What is searched for in the audit; each field narrows."""

    actor = forms.CharField(required=False, max_length=150, label="Who")
    action = forms.ChoiceField(required=False, label="Event", choices=_kinds)
    what = forms.ChoiceField(required=False, label="Kind", choices=WHAT)
    outcome = forms.ChoiceField(required=False, choices=[("", "Any"), *AuditEvent.Outcome.choices])
    subject = forms.UUIDField(required=False, label="Customer id")
    kind = forms.CharField(required=False, max_length=60, label="Object type")
    object = forms.CharField(required=False, max_length=64, label="Object id")
    request = forms.CharField(required=False, max_length=64, label="Request id")

    field_order = ("actor", "action", "what", "outcome", "since", "until", "subject", "kind", "object", "request")
    MORE = ("subject", "kind", "object", "request")

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.MORE]

    @property
    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MORE]

    @property
    def is_more_used(self) -> bool:
        return any(self.data.get(name) for name in self.MORE)


class PersonForm(PeriodForm):
    """Who is asked about: an id that the person has or had."""

    customer = forms.UUIDField(label="Customer id", widget=forms.TextInput(attrs={"size": 36, "spellcheck": "false"}))
    what = forms.ChoiceField(required=False, label="Kind", choices=[("reads", "Who saw"), ("", "Everything")])

    field_order = ("customer", "what", "since", "until")


class UserForm(PeriodForm):
    """Whose work is asked about."""

    user = forms.CharField(max_length=150, label="User name")


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None

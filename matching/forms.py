"""Forms of this app."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone

from .models import Decision

LATER = ((1, "tomorrow"), (7, "in a week"), (30, "in a month"))


class DecisionForm(forms.Form):
    """A verdict with a reason, which customer survives, and which records a person has confirmed."""

    verdict = forms.ChoiceField(choices=Decision.Verdict, error_messages={"required": "Choose a verdict."})
    reason = forms.CharField(max_length=500, required=False)
    survivor = forms.UUIDField(required=False)
    versions = forms.JSONField(required=False)
    confirmed = forms.TypedMultipleChoiceField(coerce=int, required=False)
    days = forms.TypedChoiceField(coerce=int, choices=LATER, required=False, empty_value=LATER[0][0])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        given = self.data.getlist("confirmed") if hasattr(self.data, "getlist") else []
        self.fields["confirmed"].choices = [(pk, pk) for pk in given if pk.isdigit()]

    def clean_versions(self) -> dict[UUID, int]:
        """The versions of the customers as they were shown. What cannot be read is refused: without them two stewards could overrule each other unseen."""
        versions = self.cleaned_data["versions"] or {}
        try:
            return {UUID(profile_id): int(n) for profile_id, n in versions.items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise forms.ValidationError("The page was sent incompletely. Open it again.") from error

    def decision(self) -> dict[str, Any]:
        """What `review.decide` takes."""
        data = self.cleaned_data
        until = timezone.now() + timedelta(days=data["days"]) if data["verdict"] == Decision.Verdict.LATER else None
        return {
            "verdict": data["verdict"], "reason": data["reason"], "survivor": data["survivor"], "until": until,
            "expected": data["versions"], "confirmed": data["confirmed"],
        }  # fmt: skip

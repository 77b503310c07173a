"""Forms of this app."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone

from .models import Decision, MatchModel, Proposal

LATER = ((1, "tomorrow"), (7, "in a week"), (30, "in a month"))


def versions_of(given: Any) -> dict[UUID, int]:
    """Customer → version, from what a page sent along."""
    try:
        return {UUID(profile_id): int(n) for profile_id, n in (given or {}).items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise forms.ValidationError("The page was sent incompletely. Open it again.") from error


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
        self.fields["confirmed"].choices = [(pk, pk) for pk in given if pk.isdecimal()]

    def clean_versions(self) -> dict[UUID, int]:
        """The versions of the customers as they were shown. What cannot be read is refused: without them two stewards could overrule each other unseen."""
        return versions_of(self.cleaned_data["versions"])

    def decision(self) -> dict[str, Any]:
        """What `review.decide` takes."""
        data = self.cleaned_data
        until = timezone.now() + timedelta(days=data["days"]) if data["verdict"] == Decision.Verdict.LATER else None
        return {
            "verdict": data["verdict"], "reason": data["reason"], "survivor": data["survivor"], "until": until,
            "expected": data["versions"], "confirmed": data["confirmed"],
        }  # fmt: skip


class TogetherForm(forms.Form):
    """One word about several proposals; only those that may be decided together can be chosen."""

    proposals = forms.ModelMultipleChoiceField(Proposal.objects.none(), error_messages={"required": "Choose a pair."})
    verdict = forms.ChoiceField(
        choices=[(Decision.Verdict.SAME, "The same: merge each"), (Decision.Verdict.NOT_SAME, "Not the same: keep each apart")],
        widget=forms.RadioSelect, error_messages={"required": "Choose a verdict."},
    )  # fmt: skip
    reason = forms.CharField(max_length=500, help_text="It stands on each decision.")
    versions = forms.JSONField(widget=forms.HiddenInput)

    def __init__(self, *args: object, proposals: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["proposals"].queryset = proposals

    def clean_proposals(self) -> list[int]:
        return [found.pk for found in self.cleaned_data["proposals"]]

    def clean_versions(self) -> dict[UUID, int]:
        return versions_of(self.cleaned_data["versions"])


class FullRunForm(forms.Form):
    """The version that a full run works under."""

    model = forms.ModelChoiceField(
        MatchModel.objects.none(), to_field_name="label", label="Version", empty_label=None,
        help_text="Only a run under the version in force can be published.",
    )  # fmt: skip
    train = forms.BooleanField(
        required=False, label="Train it on all records first", help_text="What comes of it is kept as a draft."
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["model"]
        field.queryset = MatchModel.objects.defer("content").order_by("-published_at", "-id")
        field.label_from_instance = lambda row: f"{row.label} ({row.get_state_display().lower()})"
        in_force = MatchModel.objects.filter(state=MatchModel.State.PUBLISHED).values_list("label", flat=True)
        self.initial.setdefault("model", in_force.first())


class PublishRunForm(forms.Form):
    """Why a run is published, and that it is right although the run brake stopped it."""

    reason = forms.CharField(max_length=500, required=False)
    despite_brake = forms.BooleanField(
        label="So many merges are right", error_messages={"required": "Say that it is right, or discard the run."}
    )

    def __init__(self, *args: object, brake: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if not brake:
            del self.fields["despite_brake"]

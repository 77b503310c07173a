"""Forms about consent."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from .models import CONTACT_FIELDS, Channel, ConsentEvent, Purpose

Act, Method = ConsentEvent.Act, ConsentEvent.Method
BY_STAFF = (Method.WRITTEN, Method.SPOKEN, Method.WEB_FORM)
THE_PERSON = "person"


class StatementForm(forms.Form):
    """What a customer said, as somebody writes it down."""

    act = forms.ChoiceField(
        label="What they said",
        choices=[
            (Act.GRANT, "Agreed: for this value"),
            (Act.WITHDRAW, "Withdrew: for this value"),
            (Act.OBJECT, "Objected: for the whole person"),
            (Act.EXPIRE, "The grant ended"),
        ],
    )
    contact = forms.ChoiceField(label="For which value", required=False)
    method = forms.ChoiceField(label="How they said it", choices=[(method, method.label) for method in BY_STAFF])
    at = forms.DateTimeField(
        label="When",
        required=False,
        help_text="Empty: now.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    proof = forms.CharField(
        max_length=1000, label="Proof", help_text="Where it can be found: a form, a recording, a letter, a ticket."
    )
    reason = forms.CharField(max_length=500, label="Why you write it down")
    language = forms.CharField(max_length=12, required=False, help_text="Of the notice, such as en.")
    jurisdiction = forms.CharField(max_length=12, required=False, help_text="Whose law applies, such as GB or US-CA.")

    def __init__(self, *args: object, channel: str, values: Mapping[str, str], **kwargs: object) -> None:
        """`values`: digest → how the reader sees the contact value."""
        super().__init__(*args, **kwargs)
        if channel in CONTACT_FIELDS and values:
            self.fields["contact"].choices = [*values.items(), (THE_PERSON, "The whole person")]
        else:
            del self.fields["contact"]

    def clean_at(self) -> datetime | None:
        at = self.cleaned_data["at"]
        if at and at > timezone.now() + timedelta(minutes=5):
            raise forms.ValidationError("It lies in the future.")
        return at

    def clean(self) -> dict:
        data = super().clean()
        if data.get("act") in (Act.GRANT, Act.EXPIRE) and data.get("contact") == THE_PERSON:
            self.add_error("contact", "A grant counts for one value: say which.")
        return data

    @property
    def contact_digest(self) -> str:
        chosen = self.cleaned_data.get("contact", "")
        return "" if chosen == THE_PERSON else chosen


class AsOfForm(forms.Form):
    """On which day."""

    on = forms.DateField(required=False, label="As it was on", widget=forms.DateInput(attrs={"type": "date"}))


class PurposeForm(forms.ModelForm):
    """What data may be used for."""

    channels = forms.MultipleChoiceField(choices=Channel.choices, widget=forms.CheckboxSelectMultiple)
    notice_url = forms.URLField(required=False, assume_scheme="https", help_text="Where the privacy notice is found.")

    class Meta:
        model = Purpose
        fields = (
            "key", "name", "description", "lawful_basis", "needs_consent", "channels", "expires_after_days",
            "confirms_twice", "honours_gpc", "notice_version", "notice_url", "data_categories", "recipients", "is_active",
        )  # fmt: skip
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        labels = {"confirms_twice": "Double opt-in", "honours_gpc": "Honours Global Privacy Control"}

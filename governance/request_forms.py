"""Forms of privacy requests."""

import re
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from profiles.models import Profile

from . import deadlines
from .claims import Claim
from .intake import Asked
from .letters import LETTERS, NEEDS_REASON
from .models import PrivacyRequest, RequestAttachment
from .models.request import State

REGIMES = [(code, regime.title) for code, regime in deadlines.CURRENT.items()]
HOMES = [
    ("eu", "European Union, Norway, Iceland, Liechtenstein"),
    ("uk", "United Kingdom"),
    ("california", "California"),
    ("us45", "Elsewhere in the United States"),
    ("brazil", "Brazil"),
]
WISHES = [
    ("access", "Know what you hold about me"),
    ("portability", "Get my data in a form that machines read"),
    ("correction", "Have something corrected"),
    ("deletion", "Have my data deleted"),
    ("restriction", "Have the use of my data restricted"),
    ("objection", "Object: no marketing, no sale, no sharing of my data"),
    ("limit", "Limit the use of sensitive data about me"),
]


class ClaimForm(forms.Form):
    """Who asks and what for, as all forms take it."""

    requester = forms.ChoiceField(choices=PrivacyRequest.Requester.choices, label="Who asks")
    name = forms.CharField(max_length=200, required=False, label="Name")
    email = forms.EmailField(max_length=200, required=False, label="E-mail")
    phone = forms.CharField(max_length=40, required=False, label="Phone")
    message = forms.CharField(
        max_length=4_000, required=False, label="In their words", widget=forms.Textarea(attrs={"rows": 4})
    )

    def claim(self) -> Claim:
        return Claim(**{name: self.cleaned_data[name].strip() for name in ("name", "email", "phone", "message")})

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"]
        if phone and len(re.sub(r"\D", "", phone)) < 6:
            raise forms.ValidationError("A phone number has more digits.")
        return phone


class FileRequestForm(ClaimForm):
    """A request that staff write down."""

    kind = forms.ChoiceField(choices=PrivacyRequest.Kind.choices, label="Right")
    regime = forms.ChoiceField(choices=REGIMES, label="Law")
    customer = forms.UUIDField(
        required=False, help_text="The id of the customer, when it is known whose records are meant."
    )
    received = forms.DateField(
        required=False, label="Received on", help_text="When it came by post or yesterday by phone; today if empty.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    field_order = ["kind", "regime", "customer", "received", "requester"]

    def clean_received(self) -> datetime | None:
        day, now = self.cleaned_data["received"], timezone.localtime()
        if day is None:
            return None
        if day > now.date() or day < now.date() - timedelta(days=365):
            raise forms.ValidationError("A day of the last year, today at the latest.")
        return min(timezone.make_aware(datetime.combine(day, time(12))), now)

    def asked(self) -> Asked:
        data = self.cleaned_data
        return Asked(data["kind"], data["regime"], self.claim(), data["requester"], data["received"])


class PublicRequestForm(ClaimForm):
    """The public form: somebody asks for themselves or for another."""

    kind = forms.ChoiceField(choices=WISHES, label="What do you want?")
    regime = forms.ChoiceField(choices=HOMES, label="Where do you live?")
    field_order = ["kind", "regime", "requester", "name", "email", "phone", "message"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["requester"].label = "For whom do you ask?"
        self.fields["requester"].choices = [
            ("subject", "For myself"), ("agent", "For another person, with authority"), ("guardian", "For my child or ward"),
        ]  # fmt: skip
        self.fields["name"].label = "Your name"
        self.fields["message"].label = "What should we know?"
        self.fields["email"].help_text = "One that we may know: a code goes there."
        self.fields["phone"].help_text = "Instead of an e-mail."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("email") and not data.get("phone") and not self.errors:
            raise forms.ValidationError("Give an e-mail address or a phone number, so that we can answer.")
        return data

    def asked(self) -> Asked:
        data = self.cleaned_data
        return Asked(data["kind"], data["regime"], self.claim(), data["requester"])


class CodeForm(forms.Form):
    """The code that was sent."""

    code = forms.RegexField(
        r"^\s*\d{6}\s*$", label="Code", max_length=20, error_messages={"invalid": "The code has six digits."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )  # fmt: skip


class VerifyForm(forms.Form):
    """Staff take who asks for proven, with evidence attached."""

    customer = forms.UUIDField(label="Customer", help_text="The id of the customer whose records are meant.")

    def clean_customer(self) -> Profile:
        found = Profile.objects.active().filter(pk=self.cleaned_data["customer"]).first()
        if found is None:
            raise forms.ValidationError("There is no such customer, or it was merged or erased.")
        return found


class RefuseForm(forms.Form):
    """Why it is refused, and what the person reads."""

    code = forms.ChoiceField(choices=[one for one in PrivacyRequest.Refusal.choices if one[0]], label="Reason")
    text = forms.CharField(max_length=2_000, label="What the person reads", widget=forms.Textarea(attrs={"rows": 3}))


class LetterForm(forms.Form):
    """A letter from a template; only its reason is free."""

    letter = forms.ChoiceField(
        choices=[(code, one.title) for code, one in LETTERS.items() if code not in ("refusal", "completion")]
    )
    reason = forms.CharField(max_length=1_000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("letter") in NEEDS_REASON and not data.get("reason", "").strip():
            raise forms.ValidationError("This letter needs a reason, or what is asked.")
        return data


class AttachForm(forms.Form):
    """A file with what it is for."""

    purpose = forms.ChoiceField(
        choices=[one for one in RequestAttachment.Purpose.choices if one[0] != "letter"], label="What it is"
    )
    file = forms.FileField(label="File")


class ClockForm(forms.Form):
    """What came back to a question."""

    event = forms.ChoiceField(
        choices=[("identity_given", "Identity was given"), ("clarification_answered", "The question was answered")],
        label="What came",
    )


class BoardForm(forms.Form):
    """What the board shows."""

    state = forms.ChoiceField(choices=[("", "Open"), ("all", "All"), *State.choices], required=False)
    kind = forms.ChoiceField(choices=[("", "Every right"), *PrivacyRequest.Kind.choices], required=False, label="Right")

"""Forms of the pages about people."""

from collections.abc import Iterable

from django import forms

from profiles.models import User
from profiles.scopes import SCOPES
from profiles.tokens import LONGEST

from .factors import Factor
from .roles import ROLES

ROLE_CHOICES = [(role.name, f"{role.name.capitalize()}: {role.purpose}") for role in ROLES]


class RolesForm(forms.Form):
    """Which roles a person has, and why."""

    roles = forms.MultipleChoiceField(choices=ROLE_CHOICES, required=False, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(max_length=500)


class InviteForm(forms.ModelForm):
    """Whom to invite, and as what."""

    roles = forms.MultipleChoiceField(choices=ROLE_CHOICES, required=False, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = User
        fields = ["first_name", "last_name", "email", "username"]
        help_texts = {
            "email": "The one-time link goes there; the organisation's sign-in knows the person by it.",
            "username": "What they sign in with.",
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True

    def clean_email(self) -> str:
        """One account an address: the organisation's sign-in could not tell two apart."""
        email = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError("Somebody has an account with this address already.")
        return email


class HandOverForm(forms.Form):
    """To whom open work goes, and why."""

    to = forms.ModelChoiceField(User.objects.none(), label="To", empty_label="")
    reason = forms.CharField(max_length=500)

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = (
            User.objects.filter(is_active=True, is_service=False).exclude(pk=user.pk).order_by("username")
        )
        self.fields["to"].label_from_instance = lambda person: f"{person.display_name} ({person.username})"


class FactorForm(forms.Form):
    """Which second factor is removed, and why."""

    factor = forms.TypedChoiceField(label="What was lost", coerce=int)
    reason = forms.CharField(max_length=500)

    def __init__(self, *args: object, factors: Iterable[Factor], **kwargs: object) -> None:
        super().__init__(*args, prefix="factor", **kwargs)
        self.fields["factor"].choices = [(factor.row.pk, factor.name) for factor in factors]


class SwitchForm(forms.Form):
    """Why an account is switched off or on."""

    reason = forms.CharField(max_length=500)


class ServiceForm(forms.ModelForm):
    """Which service gets an account, and as what."""

    roles = forms.MultipleChoiceField(choices=ROLE_CHOICES, required=False, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(max_length=500)

    class Meta:
        model = User
        fields = ["username"]
        labels = {"username": "Name"}
        help_texts = {"username": "What the audit calls it, such as webshop-sync."}


class TokenForm(forms.Form):
    """What a token is for, and for how long."""

    name = forms.CharField(max_length=80, label="Where it is used")
    scopes = forms.MultipleChoiceField(label="What it is for", widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(label="Good for how many days", initial=90, min_value=1, max_value=LONGEST)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(scope.name, f"{scope.name}: {scope.sentence}") for scope in SCOPES.values()]

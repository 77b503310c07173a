"""Forms of erasure, holds and retention."""

from django import forms

from governance.models import Basis, LegalHold, RetentionRule
from profiles.models import Source


class ErasureForm(forms.Form):
    """Why a customer is erased."""

    basis = forms.ChoiceField(choices=Basis.choices, label="Because")
    reason = forms.CharField(max_length=500, help_text="For the second person. It is erased with the customer.")


class HoldForm(forms.Form):
    """Why a customer is held."""

    reason = forms.ChoiceField(choices=LegalHold.Reason.choices)
    matter = forms.CharField(max_length=40, help_text="The case, as the legal department numbers it.")


class WindowForm(forms.ModelForm):
    """How long a class of data is kept."""

    class Meta:
        model = RetentionRule
        fields = ["source", "data_class", "act", "counted_from", "days", "law"]
        labels = {"data_class": "What", "act": "Rule", "counted_from": "Counted from", "law": "Law or policy"}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = Source.objects.order_by("name")
        self.fields["source"].required = False
        self.fields["source"].empty_label = "All sources"
        self.fields["source"].help_text = ""


class LiftForm(forms.Form):
    """Why a suppression is lifted."""

    reason = forms.CharField(max_length=500)

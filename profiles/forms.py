"""Forms of this app."""

from collections.abc import Mapping

from django import forms

from .canonical.registry import read
from .canonical.types import Context
from .models import Flag, Reveal, Source, SourceRecord
from .schema import published


class UploadForm(forms.Form):
    """A file of a source."""

    source = forms.ModelChoiceField(
        Source.objects.none(),
        empty_label=None,
        help_text="A source is listed once a schema version with it is published.",
    )
    file = forms.FileField(help_text="CSV or JSON Lines, also gzipped, with the columns mapped for the source.")

    def __init__(self, *args: object, sources: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = sources


class CorrectionForm(forms.Form):
    """A steward's word on one field of one record."""

    field = forms.ChoiceField()
    values = forms.CharField(
        required=False,
        label="Value",
        max_length=1000,
        help_text="Empty: the value is wrong and there is none. Separate several by semicolons.",
    )
    reason = forms.CharField(max_length=500)

    def __init__(self, *args: object, record: SourceRecord, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.schema = published()
        source = self.schema.sources.get(record.source.key)
        self.context = source.context if source else Context()
        self.fields["field"].choices = [(f.key, f.label) for f in self.schema.fields.values() if f.key != "party_kind"]

    def clean(self) -> dict:
        """Values are standardised like those of a source; what cannot be read is refused."""
        data = super().clean()
        key, text = data.get("field"), data.get("values", "")
        if not key:
            return data
        parts = text.split(";") if self.schema.fields[key].multi_valued else [text]
        data["values"] = [value for part in parts if part.strip() for value in self._read(key, part.strip())]
        return data

    def _read(self, key: str, text: str) -> tuple[str, ...]:
        result = read(key, text, self.context, self.schema.fields[key].standardiser)
        values = result.values.get(key, ())
        if not values:
            self.add_error("values", result.problem.message if result.problem else "This cannot be read.")
        return values


class FlagForm(forms.Form):
    """Which of the shown values is wrong, and why."""

    field = forms.CharField(max_length=80, widget=forms.HiddenInput)
    value = forms.ChoiceField(label="Which value is wrong")
    note = forms.CharField(max_length=500, label="What is wrong with it", widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: object, values: Mapping[str, tuple[str, str]], **kwargs: object) -> None:
        """`values`: what each is chosen by → the value and how the reader sees it."""
        super().__init__(*args, **kwargs)
        self.values = values
        self.fields["value"].choices = [(key, seen) for key, (_, seen) in values.items()]

    def clean_value(self) -> str:
        return self.values[self.cleaned_data["value"]][0]


class AnswerForm(forms.Form):
    """What came of a flag, for its reporter to read."""

    outcome = forms.ChoiceField(choices=[row for row in Flag.Outcome.choices if row[0] != Flag.Outcome.OPEN])
    text = forms.CharField(max_length=500, label="Answer", widget=forms.Textarea(attrs={"rows": 3}))


class RevealForm(forms.Form):
    """What masked values are revealed for: a purpose, and the case by its number alone, which holds nobody's data."""

    purpose = forms.ChoiceField(choices=Reveal.Purpose.choices)
    ticket = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9#/_.-]{2,39}$",
        label="Ticket",
        help_text="The number of the call, case or complaint.",
        error_messages={"invalid": "Give its number: 3 to 40 letters, digits and dashes, without spaces."},
    )

"""Forms of the set-up: what would fail at the first row is refused here, in words."""

from datetime import date, datetime

from django import forms
from django.contrib.auth.models import Group
from phonenumbers import SUPPORTED_REGIONS

from .canonical.registry import COMPOSITES, IGNORE, STANDARDISERS, help_text
from .grants import NEW_SOURCE_VIEWERS
from .models import BlockedValue, CanonicalField, FieldMapping, Source
from .schema_check import is_target, regex_fault


def standardisers(empty: str = "") -> list[tuple[str, str]]:
    """Choices of standardisers, each with its first line of help."""
    named = [(name, f"{name}: {help_text(name)}" if help_text(name) else name) for name in sorted(STANDARDISERS)]
    return [("", empty), *named] if empty else named


class SourceForm(forms.ModelForm):
    """A source: region, date format and unique fields must exist."""

    unique_fields = forms.MultipleChoiceField(
        required=False, help_text=Source._meta.get_field("unique_fields").help_text
    )

    viewers = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple, label="Roles that view it",
        help_text="Whoever has one of these roles sees its records. You manage it, and can grant it to others later.",
    )  # fmt: skip

    class Meta:
        model = Source
        fields = ["name", "key", "owner", "trust", "is_active", "region", "date_format", "default_party_kind", "delimiter",
                  "encoding", "import_mode", "id_column", "version_column", "unique_fields"]  # fmt: skip

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        rows = CanonicalField.objects.filter(kind=CanonicalField.Kind.IDENTIFIER)
        self.fields["unique_fields"].choices = [(row.key, row.label) for row in rows]
        self.fields["viewers"].initial = Group.objects.filter(name__in=NEW_SOURCE_VIEWERS)

    def clean_region(self) -> str:
        region = self.cleaned_data["region"].upper()
        if region not in SUPPORTED_REGIONS:
            raise forms.ValidationError("Give a country as two letters, such as GB.")
        return region

    def clean_date_format(self) -> str:
        """A format that reads a day back as it wrote it."""
        text, day = self.cleaned_data["date_format"], date(1987, 11, 23)
        if text and _read_back(day, text) != day:
            raise forms.ValidationError("Give day, month and year, for example %d/%m/%Y.")
        return text

    def clean_encoding(self) -> str:
        """An encoding of text that Python knows; "undefined" is one that refuses everything."""
        try:
            "".encode(self.cleaned_data["encoding"])
        except (LookupError, UnicodeError) as fault:
            raise forms.ValidationError("There is no such encoding.") from fault
        return self.cleaned_data["encoding"]


def _read_back(day: date, text: str) -> date | None:
    try:
        return datetime.strptime(day.strftime(text), text).date()
    except ValueError:
        return None


class MappingForm(forms.ModelForm):
    """A mapping: its target is a field, a composite of fields, or a free attribute."""

    standardiser = forms.ChoiceField(required=False, help_text="Empty: the target's own.")

    class Meta:
        model = FieldMapping
        fields = ["source", "column", "target", "standardiser", "separator", "required"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["standardiser"].choices = standardisers("the target's own")

    def clean_target(self) -> str:
        target = self.cleaned_data["target"].strip()
        fields = set(CanonicalField.objects.values_list("key", flat=True))
        if not is_target(target, fields):
            known = ", ".join(sorted([*fields, *COMPOSITES, IGNORE]))
            raise forms.ValidationError(f"There is no such field. Known are: {known}, and free:<name>.")
        return target


class FieldForm(forms.ModelForm):
    """A canonical field."""

    standardiser = forms.ChoiceField(choices=standardisers)

    class Meta:
        model = CanonicalField
        fields = ["key", "label", "kind", "group", "multi_valued", "standardiser", "survivorship", "sensitivity",
                  "category", "erasure", "erasure_reason", "position"]  # fmt: skip


class BlockedForm(forms.ModelForm):
    """A blocked value: a pattern must be one."""

    class Meta:
        model = BlockedValue
        fields = ["field", "pattern", "is_regex", "note"]

    def clean(self) -> dict:
        data = super().clean()
        fault = regex_fault(data["pattern"]) if data.get("is_regex") and data.get("pattern") else ""
        if fault:
            self.add_error("pattern", fault)
        return data

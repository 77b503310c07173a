"""Forms over match models: the settings of a draft, two pasted rows to try it on, requests and answers."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from django import forms
from django.core.validators import validate_slug
from django.forms import BoundField

from . import drafts, veto_forms
from .engine.model import Comparison, Level, Model, ModelInvalid
from .model_page import is_telling
from .models import MatchModel

THRESHOLDS = {
    "auto": "Automatic from",
    "review": "Review from",
    "fracture": "Propose a split below",
    "rival_margin": "Rivals within",
    "household": "Household from",
    "group_weight": "Weight from which a group counts, in bits",
}
SIZES = {
    "block": "Records that may share a key",
    "generic": "Customers from whom on a value is ignored",
    "cluster_auto": "Records joined automatically at most",
    "cluster_stop": "Records from which on nothing is decided",
}
PRIORS = {"prior": "Prior of the same person, log2 odds", "household_prior": "Prior of one household, log2 odds"}
CHECK = {"class": "form-check-input"}
UNITS = {"number": "so much", "relative": "this share of the larger one", "distance": "so many km"}
PARTS = {"m": "same person", "u": "strangers", "h": "household"}


class CopyForm(forms.Form):
    """The label and note of a new draft."""

    label = forms.CharField(max_length=60, validators=[validate_slug], help_text="Letters, digits and hyphens.")
    note = forms.CharField(max_length=500, required=False)


class RefitForm(CopyForm):
    """A draft refitted from decisions."""

    prior = forms.FloatField(
        min_value=1,
        max_value=100_000,
        label="Weight of the present figures",
        help_text="How many decided pairs they count as: the more, the less a decision moves them.",
    )


class ReasonForm(forms.Form):
    """A reason."""

    reason = forms.CharField(max_length=500)


class PastedForm(forms.Form):
    """Two rows as a source would send them, below a line that names the columns. Nothing of them is kept."""

    rows = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=20_000,
        label="Two rows",
        help_text="The first line names the columns, such as name,email,born; then two rows, also from a spreadsheet.",
    )
    region = forms.CharField(max_length=2, min_length=2, initial="GB", help_text="Country of phones that name none.")


class SettingsForm(forms.Form):
    """Everything of a draft that can be set on screen. The names of fields are paths into the content."""

    note = forms.CharField(max_length=500, required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput)
    rules = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple(CHECK))
    vetoes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple(CHECK))
    blocking = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple(CHECK))

    def __init__(self, data: Mapping[str, Any] | None = None, *, draft: MatchModel) -> None:
        self.content: dict[str, Any] = draft.content
        self.model = Model.from_json(draft.content)
        initial: dict[str, Any] = {"note": draft.note, "revision": draft.revision}
        initial |= {kind: [drafts.name_of(rule) for rule in self.content[kind]] for kind in drafts.SWITCHED}
        super().__init__(data, initial=initial)
        for kind in drafts.SWITCHED:
            self.fields[kind].choices = [_choice(rule) for rule in drafts.all_rules(self.content, kind)]
        self.fields |= veto_forms.fields(self.content, self.model)
        self._add_settings()
        self._add_levels()

    def _add_settings(self) -> None:
        thresholds, limits = self.content["thresholds"], self.content["limits"]
        for name, label in THRESHOLDS.items():
            self.fields[f"thresholds.{name}"] = forms.FloatField(label=label, initial=thresholds[name])
        for name, label in PRIORS.items():
            self.fields[name] = forms.FloatField(label=label, initial=self.content[name], max_value=0)
        for name, label in SIZES.items():
            self.fields[f"limits.{name}"] = forms.IntegerField(label=label, initial=limits[name], min_value=1)
        for kind in ("shared", "caps"):
            for name, count in limits[kind].items():
                label = name.replace("_", " ").capitalize()
                self.fields[f"limits.{kind}.{name}"] = forms.IntegerField(label=label, initial=count, min_value=1)

    def _add_levels(self) -> None:
        for comparison in self.model.comparisons:
            for number, level in enumerate(comparison.levels):
                for part, meaning in PARTS.items() if is_telling(number, level) else ():
                    label = f"{comparison.name} {level.name}: {meaning}".replace("_", " ")
                    field = forms.FloatField(label=label, initial=getattr(level, part), min_value=1e-12, max_value=1)
                    self.fields[f"level.{comparison.name}.{level.name}.{part}"] = field
                if is_telling(number, level) and level.within is not None:
                    self.fields[f"level.{comparison.name}.{level.name}.within"] = _within(comparison, level)

    def group(self, prefix: str) -> list[BoundField]:
        """The fields whose path begins so and goes one step further."""
        return [self[name] for name in self.fields if name.startswith(prefix) and "." not in name.removeprefix(prefix)]

    def settings(self) -> Iterator[tuple[str, list[BoundField]]]:
        """Fields by title, for the page."""
        yield "Thresholds", self.group("thresholds.")
        yield "Priors", [self[name] for name in PRIORS]
        yield "Sizes", self.group("limits.")
        yield "Customers that may share a value", self.group("limits.shared.")
        yield "Values that one customer may hold", self.group("limits.caps.")

    def comparisons(self) -> Iterator[tuple[str, list[tuple[str, str, list[BoundField]]], bool, bool]]:
        """Per comparison its name, its levels with sentence and fields, whether one has an error, and is a distance."""
        for comparison in self.model.comparisons:
            rows = [
                (level.name, level.sentence, self.group(f"level.{comparison.name}.{level.name}."))
                for number, level in enumerate(comparison.levels)
                if is_telling(number, level)
            ]
            wrong = any(field.errors for _, _, fields in rows for field in fields)
            yield comparison.name, rows, wrong, comparison.kind in UNITS

    def vetoes_asking(self) -> Iterator[tuple[str, list[BoundField], bool]]:
        """Per veto its sentence, the levels that it asks for, and whether a choice of these has an error."""
        asked: dict[str, list[BoundField]] = {}
        for term in veto_forms.terms(self.content):
            asked.setdefault(veto_forms.sentence(term.veto), []).append(self[term.path])
        for sentence, fields in asked.items():
            yield sentence, fields, any(field.errors for field in fields)

    def edited(self) -> dict[str, Any]:
        """The content with what the form says."""
        content, said = deepcopy(self.content), self.cleaned_data
        for path, value in said.items():
            parts = path.split(".")
            if parts[0] in ("thresholds", "limits"):
                _put(content, parts, value)
            elif path in PRIORS:
                content[path] = value
            elif parts[0] == "level":
                _put_level(content, parts[1], parts[2], parts[3], value)
        veto_forms.put(content, said)
        for kind in drafts.SWITCHED:
            content = drafts.switch(content, kind, set(said[kind]))
        return content

    def clean(self) -> dict[str, Any]:
        """What the model itself does not allow is said as a fault of the form."""
        said = super().clean()
        if not self.errors:
            try:
                Model.from_json(self.edited())
            except ModelInvalid as error:
                raise forms.ValidationError(str(error)) from error
        return said


def _within(comparison: Comparison, level: Level) -> forms.FloatField:
    label = f"{comparison.name} {level.name}: within {UNITS[comparison.kind]}".replace("_", " ")
    return forms.FloatField(
        label=label, initial=level.within, min_value=0, help_text=f"Within {UNITS[comparison.kind]}"
    )


def _choice(rule: Mapping[str, Any]) -> tuple[str, str]:
    name = drafts.name_of(rule)
    return name, f"{name}: {rule['sentence']}" if "sentence" in rule else veto_forms.sentence(rule)


def _put(content: dict[str, Any], path: list[str], value: object) -> None:
    for part in path[:-1]:
        content = content[part]
    content[path[-1]] = value


def _put_level(content: dict[str, Any], comparison: str, level: str, part: str, value: object) -> None:
    levels = next(item["levels"] for item in content["comparisons"] if item["name"] == comparison)
    next(item for item in levels if item["name"] == level)[part] = value

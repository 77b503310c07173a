"""Match models in Django admin: drafts are edited as JSON. Publishing takes two people and is done on screen, under Models."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from simple_history.admin import SimpleHistoryAdmin

from profiles.setup_admin import Audited

from . import models_in_force
from .engine.model import ModelInvalid
from .models import MatchModel


class ReadableJSON(forms.JSONField):
    """JSON over many lines, as people read it."""

    widget = forms.Textarea(attrs={"class": "json", "spellcheck": "false"})

    def prepare_value(self, value: object) -> str:
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


class MatchModelForm(forms.ModelForm):
    """A draft: its content must be a model, or the message says where it is not."""

    content = ReadableJSON(help_text="Comparisons, rules, vetoes, blocking, thresholds, limits; see engine/model.py.")

    class Meta:
        model = MatchModel
        fields = ["label", "content", "note"]

    def clean(self) -> dict[str, Any]:
        """The label is the row's: decisions name it."""
        data = super().clean()
        if data.get("content") is not None and data.get("label"):
            try:
                data["content"] = models_in_force.read_content(data["label"], data["content"])
            except ModelInvalid as fault:
                self.add_error("content", str(fault))
        return data


@admin.register(MatchModel)
class MatchModelAdmin(Audited, SimpleHistoryAdmin):
    """Drafts are edited; published and retired models are shown. Each leads to the page where it is published."""

    created, changed, deleted = "model.drafted", "model.edited", "model.discarded"
    form = MatchModelForm
    list_display = ["label", "state", "based_on", "note", "published_at", "published_by"]
    list_filter = ["state"]
    list_select_related = ["published_by"]
    change_form_template = "admin/matching/matchmodel/model.html"

    def get_fields(self, request: HttpRequest, obj: MatchModel | None = None) -> list[str]:
        """What was published is shown over many lines."""
        is_fixed = obj is not None and not self.has_change_permission(request, obj)
        return ["label", "readable" if is_fixed else "content", "note"]

    def get_readonly_fields(self, request: HttpRequest, obj: MatchModel | None = None) -> list[str]:
        return ["readable"]

    @admin.display(description="content")
    def readable(self, model: MatchModel) -> str:
        return format_html('<pre class="json">{}</pre>', json.dumps(model.content, indent=2, ensure_ascii=False))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new draft begins as a copy of the model in force."""
        return {"content": models_in_force.published().to_json(), **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: MatchModel, form: object, change: bool) -> None:
        """A new draft says what it began as a copy of; each edit makes a revision."""
        if change:
            obj.revision += 1
        else:
            obj.based_on, obj.created_by = models_in_force.published().label, request.user
        super().save_model(request, obj, form, change)

    def audit_detail(self, obj: MatchModel) -> dict[str, Any]:
        return {"label": obj.label, "based_on": obj.based_on}

    def has_view_permission(self, request: HttpRequest, obj: MatchModel | None = None) -> bool:
        """The set-up is for those who edit; others read models on screen."""
        return super().has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: MatchModel | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == MatchModel.State.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: MatchModel | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.state == MatchModel.State.DRAFT)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[MatchModel]) -> None:
        """Only drafts: what was published is named by decisions."""
        super().delete_queryset(request, queryset.filter(state=MatchModel.State.DRAFT))

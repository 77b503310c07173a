"""Match models in Django admin: drafts are edited as JSON, publishing puts one in force, an older one rolls back."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from simple_history.admin import SimpleHistoryAdmin

from profiles.setup_admin import Audited

from . import models_in_force, permissions
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
    """Drafts are edited; published and retired models are shown, and may be put in force (again)."""

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

    def get_urls(self) -> list[Any]:
        own = path("<int:pk>/publish/", self.admin_site.admin_view(require_POST(self.publish)), name="model-publish")
        return [own, *super().get_urls()]

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

    def has_change_permission(self, request: HttpRequest, obj: MatchModel | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == MatchModel.State.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: MatchModel | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.state == MatchModel.State.DRAFT)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[MatchModel]) -> None:
        """Only drafts: what was published is named by decisions."""
        super().delete_queryset(request, queryset.filter(state=MatchModel.State.DRAFT))

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a draft, or an older model, in force."""
        if not request.user.has_perm(permissions.PUBLISH_MODEL):
            raise PermissionDenied
        model = get_object_or_404(MatchModel, pk=pk)
        try:
            models_in_force.publish(model=model, by=request.user)
            messages.success(request, f"{model.label} is in force.")
        except (models_in_force.PublishNotAllowed, ModelInvalid) as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("admin:matching_matchmodel_change", args=[pk]))

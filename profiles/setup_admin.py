"""What every part of the set-up in Django admin shares: who may open it, history, and an audit row for each change."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import BaseFormSet
from django.http import HttpRequest

from . import audit, grants
from .models import User


class Audited:
    """Writes `created`, `changed` and `deleted` of the admin class as audit events, with `audit_detail` of the row.

    Saves run inside the admin's own transaction, so a change that cannot be recorded does not happen.
    """

    created = ""  # empty: as a change
    changed = ""
    deleted = ""

    def audit_detail(self, obj: Model) -> dict[str, Any]:
        """What the event's sentence needs: names and codes."""
        return {"name": str(obj)}

    def save_model(self, request: HttpRequest, obj: Model, form: object, change: bool) -> None:
        super().save_model(request, obj, form, change)
        action = self.changed if change else self.created or self.changed
        audit.record(action, obj=obj, detail=self.audit_detail(obj))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        with transaction.atomic():
            audit.record(self.deleted, obj=obj, detail=self.audit_detail(obj))
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        """Row by row: a bulk deletion leaves no history."""
        with transaction.atomic():
            for obj in queryset:
                self.delete_model(request, obj)


class GrantInline(admin.TabularInline):
    """Who may see, steward or manage the source."""

    extra = 1
    verbose_name = "grant"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only the permissions of a source can be granted on one."""
        if db_field.name == "permission":
            queryset = db_field.related_model.objects.filter(
                content_type__app_label="profiles",
                codename__in=["view_source", "steward_source", "manage_source"],
            ).order_by("-id")
            kwargs["queryset"] = queryset
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "permission":
            field.label_from_instance = lambda permission: permission.name
        return field


def save_grants(save: Callable[[], None], formset: BaseFormSet, by: User) -> None:
    """Save the grants of an inline as given by `by`, with one audit event for each given or taken back."""
    for form in formset.forms:
        if form.instance._state.adding:
            form.instance.granted_by = by
    save()
    for grant in [*formset.new_objects, *(obj for obj, _ in formset.changed_objects)]:
        grants.record_grant("source.granted", grant, grant.reason)
    for grant in formset.deleted_objects:
        grants.record_grant("source.grant_withdrawn", grant)

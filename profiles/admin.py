"""Set-up in Django admin: sources, mappings, fields and blocked values are the draft; publishing freezes them."""

from functools import partial
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST
from simple_history.admin import SimpleHistoryAdmin

from . import drafts, grants, permissions, rebuild, schema
from .admin_forms import BlockedForm, FieldForm, MappingForm, SourceForm
from .models import (
    BlockedValue,
    CanonicalField,
    FieldMapping,
    SchemaVersion,
    Source,
    SourceGroupGrant,
    SourceUserGrant,
    User,
)
from .schema_check import SchemaInvalid
from .setup_admin import Audited, GrantInline, save_grants

admin.site.site_header = admin.site.site_title = "Customer Data View: set-up"
admin.site.index_title = "Set-up"
admin.site.enable_nav_sidebar = False
admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(Audited, UserAdmin):
    """Accounts, their roles and whether they may sign in; whoever changes one has given the password again lately."""

    changed = "user.changed"

    @method_decorator(reauthentication_required)
    def changeform_view(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return super().changeform_view(request, *args, **kwargs)

    @method_decorator(reauthentication_required)
    def user_change_password(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return super().user_change_password(request, *args, **kwargs)

    def audit_detail(self, obj: User) -> dict[str, Any]:
        return {"user": obj.username}

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody: ledgers name who acted. An account is switched off."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Who is no superuser makes none, and gives rights by role only."""
        own = tuple(super().get_readonly_fields(request, obj))
        return own if request.user.is_superuser else (*own, "is_superuser", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """The account of a superuser is a superuser's to change; that of a service has its page under People."""
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        is_service = obj is not None and obj.is_service
        return super().has_change_permission(request, obj) and not is_above and not is_service


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """Roles are code (governance/roles.py), synced at each start: shown, not edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False


class MappingInline(admin.TabularInline):
    """Columns of a source and what they fill."""

    model = FieldMapping
    form = MappingForm
    extra = 1
    show_change_link = True


class UserGrantInline(GrantInline):
    """Grants to people."""

    model = SourceUserGrant
    verbose_name_plural = "grants to people"


class GroupGrantInline(GrantInline):
    """Grants to roles."""

    model = SourceGroupGrant
    verbose_name_plural = "grants to roles"


@admin.register(Source)
class SourceAdmin(Audited, SimpleHistoryAdmin):
    """A source with its mappings and who may see its records."""

    changed, deleted = "source.changed", "source.deleted"
    form = SourceForm
    list_display = ["name", "key", "owner", "trust", "region", "import_mode", "is_active", "flags"]
    list_filter = ["is_active", "import_mode"]
    search_fields = ["name", "key", "owner"]
    inlines = [MappingInline, UserGrantInline, GroupGrantInline]
    fieldsets = [
        (None, {"fields": ["name", "key", "owner", "trust", "is_active"]}),
        ("Reading", {"fields": ["region", "date_format", "default_party_kind", "delimiter", "encoding"]}),
        ("Imports", {"fields": ["import_mode", "id_column", "version_column", "unique_fields"]}),
    ]

    def has_view_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """The set-up is for who may change it; readers see sources on the site, as far as granted."""
        return self.has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        return super().get_queryset(request).annotate(flag_count=Count("records__flags"))

    @admin.display(description="flagged values", ordering="flag_count")
    def flags(self, source: Source) -> int:
        return source.flag_count

    def audit_detail(self, obj: Source) -> dict[str, Any]:
        return {"source": obj.key}

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> list[str]:
        return ["key"] if obj else []

    def save_formset(self, request: HttpRequest, form: object, formset: Any, change: bool) -> None:
        save = partial(super().save_formset, request, form, formset, change)
        if formset.model in (SourceUserGrant, SourceGroupGrant):
            save_grants(save, formset, request.user)
        else:
            save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A new source begins with the grants that were shown; those of the form's rows come on top."""
        super().save_related(request, form, formsets, change)
        if not change:
            grants.grant_new_source(source=form.instance, groups=form.cleaned_data["viewers"], by=request.user)

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> list[Any]:
        """Who views a new source is asked when it is made; later, grants are on its page."""
        return self.fieldsets if obj else [*self.fieldsets, ("Who may see it", {"fields": ["viewers"]})]


@admin.register(FieldMapping)
class MappingAdmin(Audited, SimpleHistoryAdmin):
    """One column of a source, with its history; sources list all of theirs."""

    changed, deleted = "mapping.changed", "mapping.deleted"
    form = MappingForm
    list_display = ["source", "column", "target", "standardiser", "separator", "required"]
    list_filter = ["source"]
    search_fields = ["column", "target"]
    list_select_related = ["source"]


@admin.register(CanonicalField)
class CanonicalFieldAdmin(Audited, SimpleHistoryAdmin):
    """A field of the canonical customer."""

    changed, deleted = "field.changed", "field.deleted"
    form = FieldForm
    list_display = [
        "key",
        "label",
        "kind",
        "group",
        "multi_valued",
        "survivorship",
        "sensitivity",
        "category",
        "erasure",
    ]

    def audit_detail(self, obj: CanonicalField) -> dict[str, Any]:
        return {"name": obj.key}

    def get_readonly_fields(self, request: HttpRequest, obj: CanonicalField | None = None) -> list[str]:
        return ["key"] if obj else []


@admin.register(BlockedValue)
class BlockedValueAdmin(Audited, SimpleHistoryAdmin):
    """A value that says nothing about identity."""

    changed, deleted = "blocked_value.changed", "blocked_value.deleted"
    form = BlockedForm
    list_display = ["field", "pattern", "is_regex", "note"]
    list_filter = ["field"]
    search_fields = ["pattern", "note"]


@admin.register(SchemaVersion)
class SchemaVersionAdmin(admin.ModelAdmin):
    """Published versions, immutable. Adding one shows what the draft changes, and publishes it."""

    list_display = ["number", "published_at", "published_by", "note"]
    list_select_related = ["published_by"]
    fields = ["note"]
    add_form_template = "admin/profiles/schemaversion/publish.html"
    change_form_template = "admin/profiles/schemaversion/version.html"

    def get_urls(self) -> list[Any]:
        own = [
            path("<int:pk>/again/", self.admin_site.admin_view(require_POST(self.again)), name="schema-again"),
            path("restore-draft/", self.admin_site.admin_view(require_POST(self.restore)), name="schema-restore-draft"),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """The difference of the draft to what is in force, and the button that publishes it."""
        found = schema.difference_to_published()
        context = {"difference": found, "effects": rebuild.effects(found), "title": "Publish the draft"}
        if request.method == "POST" and not found:
            messages.warning(request, "Nothing to publish: the draft is what is in force.")
            return HttpResponseRedirect(reverse("admin:profiles_schemaversion_add"))
        try:
            return super().add_view(request, form_url, {**context, **(extra_context or {})})
        except SchemaInvalid as refused:
            for fault in refused.faults:
                messages.error(request, fault)
            return HttpResponseRedirect(reverse("admin:profiles_schemaversion_add"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """One version: what it changed, and the button that puts it in force again."""
        version = self.get_object(request, object_id)
        context = {}
        if version:
            context = {
                "difference": rebuild.changed_by(version.number),
                "in_force": version.number == schema.published().number,
                "title": f"Schema version {version.number}",
            }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: SchemaVersion, form: object, change: bool) -> None:
        """Publish instead of saving what the form holds; the object becomes the version made."""
        version = schema.publish(by=request.user, note=obj.note)
        obj.pk, obj.number, obj.content = version.pk, version.number, version.content
        messages.info(request, "In force now. Stored records are brought up to it in the background: see Jobs.")

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put an older version in force again."""
        if not request.user.has_perm(permissions.PUBLISH_SCHEMA):
            raise PermissionDenied
        version = drafts.publish_again(version=get_object_or_404(SchemaVersion, pk=pk), by=request.user)
        messages.success(request, f"{version} is in force, with the older content. The draft keeps its edits.")
        return HttpResponseRedirect(reverse("admin:profiles_schemaversion_changelist"))

    def restore(self, request: HttpRequest) -> HttpResponse:
        """Take the draft back to what is in force."""
        if not request.user.has_perm(permissions.PUBLISH_SCHEMA):
            raise PermissionDenied
        drafts.restore_draft(by=request.user)
        messages.success(request, "The draft is what is in force again; the history of each row keeps the edits.")
        return HttpResponseRedirect(reverse("admin:profiles_schemaversion_add"))

    def has_change_permission(self, request: HttpRequest, obj: SchemaVersion | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SchemaVersion | None = None) -> bool:
        return False

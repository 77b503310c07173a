"""Set-up in Django admin: sources, mappings, fields and blocked values are the draft; publishing freezes them."""

from allauth.account.decorators import reauthentication_required
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from simple_history.admin import SimpleHistoryAdmin

from . import audit, schema
from .models import BlockedValue, CanonicalField, FieldMapping, SchemaVersion, Source, User

admin.site.site_header = admin.site.site_title = "Customer Data View: set-up"


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Accounts, their roles and whether they may sign in; whoever changes one has given the password again lately."""

    @method_decorator(reauthentication_required)
    def changeform_view(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return super().changeform_view(request, *args, **kwargs)

    @method_decorator(reauthentication_required)
    def user_change_password(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return super().user_change_password(request, *args, **kwargs)


class MappingInline(admin.TabularInline):
    """Columns of a source and what they fill."""

    model = FieldMapping
    extra = 1


@admin.register(Source)
class SourceAdmin(SimpleHistoryAdmin):
    """A source with its mappings."""

    list_display = ["name", "key", "owner", "trust", "import_mode", "is_active"]
    inlines = [MappingInline]

    def save_model(self, request: HttpRequest, obj: Source, form: object, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record("source.changed", obj=obj, detail={"source": obj.key})


@admin.register(CanonicalField)
class CanonicalFieldAdmin(SimpleHistoryAdmin):
    """A field of the canonical customer."""

    list_display = ["key", "label", "kind", "group", "multi_valued", "survivorship", "sensitivity"]


@admin.register(BlockedValue)
class BlockedValueAdmin(SimpleHistoryAdmin):
    """A value that says nothing about identity."""

    list_display = ["field", "pattern", "is_regex", "note"]
    search_fields = ["pattern", "note"]


@admin.register(SchemaVersion)
class SchemaVersionAdmin(admin.ModelAdmin):
    """Published versions, immutable; adding one publishes the draft as it stands."""

    list_display = ["number", "published_at", "published_by", "note"]
    fields = ["note"]

    def save_model(self, request: HttpRequest, obj: SchemaVersion, form: object, change: bool) -> None:
        """Publish instead of saving what the form holds; the object becomes the version made."""
        version = schema.publish(by=request.user, note=obj.note)
        obj.pk, obj.number = version.pk, version.number
        messages.info(request, "In force for records received from now on.")

    def has_change_permission(self, request: HttpRequest, obj: SchemaVersion | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SchemaVersion | None = None) -> bool:
        return False

"""The data dictionary: what is kept, what it is as personal data, and what erasure does with it."""

from django.apps import apps
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from profiles import permissions, schema
from profiles.personal_data import DECLARED, Category, Declared, Erasure, Sensitivity
from profiles.rendering import render_page


@login_required
@permission_required(permissions.VIEW_DICTIONARY, raise_exception=True)
@require_GET
def data_dictionary(request: HttpRequest) -> HttpResponse:
    """Canonical fields as published, and every field of every table; generated from the declarations. 3 queries."""
    wanted = request.GET.get("category", "")
    canonical = [(spec, _canonical(spec)) for spec in schema.published().fields.values()]
    context = {
        "canonical": [(spec, said) for spec, said in canonical if not wanted or said.category == wanted],
        "tables": [table for label in DECLARED if (table := _table(label, wanted))["rows"]],
        "categories": Category.choices,
        "category": wanted,
    }
    return render_page(request, "profiles/data_dictionary.html", "profiles/data_dictionary.html", context)


def _canonical(spec: schema.FieldSpec) -> Declared:
    return Declared(Category(spec.category), Sensitivity(spec.sensitivity), Erasure(spec.erasure), spec.erasure_reason)


def _table(label: str, wanted: str) -> dict[str, object]:
    """A table with its fields, their help texts and declarations, all or those of one category."""
    model = apps.get_model(label)
    rows = [
        (field.name, getattr(field, "help_text", ""), DECLARED[label][field.name])
        for field in model._meta.local_concrete_fields
        if not wanted or DECLARED[label][field.name].category == wanted
    ]
    return {"label": label, "about": (model.__doc__ or "").partition("\n")[0], "rows": rows}

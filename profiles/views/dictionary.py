"""The data dictionary: what is kept, what it is as personal data, and what erasure does with it."""

from django.apps import apps
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from profiles import permissions, schema
from profiles.exporting import csv_lines
from profiles.personal_data import DECLARED, Category, Declared, Erasure, Sensitivity
from profiles.rendering import render_page


@login_required
@permission_required(permissions.VIEW_DICTIONARY, raise_exception=True)
@require_GET
def data_dictionary(request: HttpRequest) -> HttpResponse:
    """Canonical fields as published, and every field of every table; generated from the declarations. 3 queries.

    `?as=csv` and `?as=json` are files of all of them.
    """
    if request.GET.get("as") in ("csv", "json"):
        return _file(request.GET["as"])
    wanted = request.GET.get("category", "")
    canonical = [(spec, _canonical(spec)) for spec in schema.published().fields.values()]
    context = {
        "canonical": [(spec, said) for spec, said in canonical if not wanted or said.category == wanted],
        "tables": [table for label in DECLARED if (table := _table(label, wanted))["rows"]],
        "categories": Category.choices,
        "category": wanted,
    }
    return render_page(request, "profiles/data_dictionary.html", "profiles/data_dictionary.html", context)


COLUMNS = ("table", "field", "meaning", "category", "sensitivity", "on erasure", "reason")


def _file(kind: str) -> HttpResponse:
    """Every field as a line, those of a customer first. 1 query."""
    fields = [("customer", spec.key, spec.label, _canonical(spec)) for spec in schema.published().fields.values()]
    tables = [(label, *row) for label in DECLARED for row in _table(label, "")["rows"]]
    rows = [
        (table, name, str(meaning), str(said.category), str(said.sensitivity), str(said.erasure), said.reason)
        for table, name, meaning, said in (*fields, *tables)
    ]
    headers = {"Content-Disposition": f'attachment; filename="data-dictionary.{kind}"'}
    if kind == "csv":
        return HttpResponse("".join(csv_lines(COLUMNS, rows)), content_type="text/csv; charset=utf-8", headers=headers)
    found = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return JsonResponse({"fields": found}, headers=headers, json_dumps_params={"indent": 1})


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

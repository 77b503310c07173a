"""The register of processing, on a page and as a file."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from governance import register as making
from profiles import permissions
from profiles.exporting import csv_lines
from profiles.rendering import render_page
from profiles.schema import published


@login_required
@permission_required(permissions.VIEW_DICTIONARY, raise_exception=True)
@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """What is processed, why, for how long: generated; `?as=json` and `?as=csv` are files. 4 queries."""
    found = making.register(published(), request.user)
    if request.GET.get("as") == "json":
        return JsonResponse(found.as_json(), headers=_attached("register.json"), json_dumps_params={"indent": 1})
    if request.GET.get("as") == "csv":
        lines = "".join(csv_lines(making.COLUMNS, found.rows()))
        return HttpResponse(lines, content_type="text/csv; charset=utf-8", headers=_attached("register.csv"))
    context = {"register": found, "people": making.SUBJECTS, "measures": making.MEASURES}
    return render_page(request, "governance/register.html", "governance/register.html", context)


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}

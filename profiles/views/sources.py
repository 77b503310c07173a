"""Sources as those who may see them do: what each is, and who may view, steward or manage it."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from profiles import grants as actions
from profiles import permissions
from profiles.models import Source, User
from profiles.rendering import render_page


class GrantForm(forms.Form):
    """Whom to grant what, and why."""

    to = forms.ChoiceField(label="To")
    verb = forms.ChoiceField(label="What", choices=actions.WORDS)
    reason = forms.CharField(max_length=500, help_text="Whoever confirms the grant each quarter reads it.")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("username")
        self.fields["to"].choices = [
            ("", ""),
            ("Roles", [(actions.key_of(group), group.name) for group in Group.objects.order_by("name")]),
            ("People", [(actions.key_of(user), f"{user.display_name} ({user.username})") for user in people]),
        ]


class RevokeForm(forms.Form):
    """What to take back, and why."""

    verb = forms.ChoiceField(label="What", widget=forms.RadioSelect)
    reason = forms.CharField(max_length=500)

    def __init__(self, *args: object, mine: actions.Granted, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        more = " and everything else here" if len(mine.grants) > 1 else ""
        words = {verb: actions.VERBS[verb] + (more if verb == "view" else "") for verb in mine.grants}
        self.fields["verb"].choices = words.items()


def known(request: HttpRequest) -> QuerySet[Source]:
    """Sources that the reader knows of: those granted, or all for who sets them up."""
    if request.user.has_perm(permissions.VIEW_SOURCES):
        return Source.objects.all()
    return Source.objects.visible_to(request.user)


def get_source(request: HttpRequest, key: str) -> Source:
    """The source, or 404 when the reader may not know of it."""
    source = known(request).filter(key=key).first()
    if source is None:
        raise Http404
    return source


def get_managed(request: HttpRequest, key: str) -> Source:
    """The source, of which the reader may give grants."""
    source = get_source(request, key)
    if not actions.may_grant(source, request.user):
        raise PermissionDenied("Grants are given by the managers of the source and by administrators.")
    return source


@login_required
@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """The sources one knows of; records are counted where one may see them. 4 queries."""
    rows = known(request).annotate(n=Count("records"))
    managed = set(Source.objects.managed_by(request.user).values_list("id", flat=True))
    seen = set(Source.objects.visible_to(request.user).values_list("id", flat=True))
    context = {"sources": rows, "managed": managed, "seen": seen}
    return render_page(request, "profiles/sources.html", "profiles/sources.html", context)


@login_required
@require_GET
def source(request: HttpRequest, key: str) -> HttpResponse:
    """One source: what it is, and (for its managers) who may do what with it. About 10 queries."""
    found = get_source(request, key)
    return _page(request, found, GrantForm() if actions.may_grant(found, request.user) else None)


def _page(request: HttpRequest, found: Source, form: GrantForm | None, status: int = 200) -> HttpResponse:
    context = {
        "source": found, "records": found.records.count() if _sees(request, found) else None,
        "granted": actions.granted(found) if form else [], "form": form, "crumbs": [("Sources", reverse("profiles:sources"))],
    }  # fmt: skip
    return render_page(request, "profiles/source.html", "profiles/source.html", context, status)


def _sees(request: HttpRequest, found: Source) -> bool:
    return Source.objects.visible_to(request.user).filter(pk=found.pk).exists()


@login_required
@require_POST
def grant(request: HttpRequest, key: str) -> HttpResponse:
    """Grant the source to a person or role."""
    found, form = get_managed(request, key), GrantForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, 422)
    data = form.cleaned_data
    try:
        to = actions.grantee_of(data["to"])
        actions.grant(source=found, verb=data["verb"], to=to, by=request.user, reason=data["reason"])
    except actions.GrantNotAllowed as refused:
        form.add_error(None, str(refused))
        return _page(request, found, form, 422)
    messages.success(request, f"Granted to {actions.name_of(to)}.")
    return redirect("profiles:source", key=key)


@login_required
@require_http_methods(["GET", "POST"])
def revoke(request: HttpRequest, key: str, grantee: str) -> HttpResponse:
    """Take grants back from a person or role: which, and why."""
    found = get_managed(request, key)
    mine = next((one for one in actions.granted(found) if one.key == grantee), None)
    if mine is None:
        raise Http404
    form = RevokeForm(request.POST or None, mine=mine, initial={"verb": list(mine.grants)[-1]})
    if request.method == "POST" and form.is_valid():
        try:
            actions.revoke(source=found, grantee=mine.grantee, by=request.user, **form.cleaned_data)
            messages.success(request, f"Taken back from {mine.name}.")
        except actions.GrantNotAllowed as refused:
            messages.error(request, str(refused))
        return redirect("profiles:source", key=key)
    crumbs = [("Sources", reverse("profiles:sources")), (found.name, reverse("profiles:source", args=[key]))]
    context = {"source": found, "mine": mine, "form": form, "crumbs": crumbs}
    status = 422 if form.is_bound else 200
    return render_page(request, "profiles/revoke.html", "profiles/revoke.html", context, status)

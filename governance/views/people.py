"""People: who has an account, what their roles are, and what becomes of their work. Changes ask for the password again."""

from collections.abc import Callable

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance import factors
from governance import people as actions
from governance.people_forms import FactorForm, HandOverForm, InviteForm, RolesForm, SwitchForm, TokenForm
from governance.roles import BY_NAME
from profiles import permissions
from profiles.models import Source, SourceGroupGrant, SourceUserGrant, User
from profiles.rendering import render_page

PAGE = 50
SHOW = {"": "Accounts", "invited": "Invited", "off": "Switched off", "services": "Services"}


def manages_people(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For who may manage people only."""
    return login_required(permission_required(permissions.MANAGE_PEOPLE, raise_exception=True)(view))


def _listed(show: str) -> QuerySet[User]:
    invited = {"is_active": True, "last_login": None, "password__startswith": "!"}
    rows = User.objects.filter(is_service=show == "services").order_by("username").prefetch_related("groups")
    if show == "services":
        return rows
    if show == "off":
        return rows.filter(is_active=False)
    return rows.filter(**invited) if show == "invited" else rows.filter(is_active=True).exclude(**invited)


@manages_people
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Accounts by user name. 6 queries."""
    show = request.GET.get("show", "") if request.GET.get("show") in SHOW else ""
    after = request.GET.get("after", "")
    page = list(_listed(show).filter(username__gt=after)[: PAGE + 1])
    here = reverse("governance:people")
    context = {
        "people": page[:PAGE], "show": show,
        "tabs": [(label, f"{here}?show={key}" if key else here, key == show, _listed(key).count()) for key, label in SHOW.items()],
        "next": f"?show={show}&after={page[PAGE - 1].username}" if len(page) > PAGE else "",
    }  # fmt: skip
    return render_page(request, "governance/people.html", "governance/people.html", context)


@manages_people
@require_http_methods(["GET", "POST"])
@reauthentication_required(allow_get=True)
def invite(request: HttpRequest) -> HttpResponse:
    """Invite a person: the account is made, and a one-time link mailed (in the demo, shown as well)."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = actions.invite(by=request.user, **form.cleaned_data)
        return _send(request, user)
    context = {"form": form, "crumbs": [("People", reverse("governance:people"))]}
    return render_page(
        request, "governance/invite.html", "governance/invite.html", context, 422 if form.is_bound else 200
    )


def _send(request: HttpRequest, user: User) -> HttpResponse:
    """Mail the link. Where mail goes to a folder only, it is shown this once to be handed over."""
    try:
        link = actions.send_invitation(request, user)
    except actions.NotSent as fault:
        messages.error(request, str(fault))
        return redirect("governance:person", pk=user.pk)
    if not settings.DEMO_HINTS:
        messages.success(request, f"The invitation is on its way to {user.email}.")
        return redirect("governance:person", pk=user.pk)
    context = {"invited": user, "link": link, "crumbs": [("People", reverse("governance:people"))]}
    return render_page(request, "governance/invited.html", "governance/invited.html", context)


@manages_people
@require_POST
@reauthentication_required
def invite_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a new link to who has not come in yet."""
    user = get_object_or_404(User, pk=pk)
    try:
        actions.invite_again(user=user, by=request.user)
    except actions.PersonNotAllowed as refused:
        messages.error(request, str(refused))
        return redirect("governance:person", pk=pk)
    return _send(request, user)


@manages_people
@require_GET
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: roles, grants, sessions, open work. About 15 queries."""
    return person_page(request, get_object_or_404(User, pk=pk))


def person_page(request: HttpRequest, user: User, status: int = 200, **bound: forms.Form) -> HttpResponse:
    held = list(user.groups.values_list("name", flat=True))
    theirs = factors.factors_of(user)
    context = {
        "person": user, "crumbs": [("People", reverse("governance:people"))],
        "held": [BY_NAME[name] for name in held if name in BY_NAME],
        "invited": actions.is_invited(user), "work": actions.open_work(user),
        "sessions": UserSession.objects.filter(user=user).count(), "grants": _grants(user),
        "is_self": user.pk == request.user.pk,
        "roles_form": RolesForm(initial={"roles": held}), "hand_over_form": HandOverForm(user=user),
        "factors": theirs, "factor_form": FactorForm(factors=theirs),
        "switch_form": SwitchForm(prefix="switch"), **_tokens(user), **bound,
    }  # fmt: skip
    return render_page(request, "governance/person.html", "governance/person.html", context, status)


def _tokens(user: User) -> dict[str, object]:
    """The tokens of a service, and the form for a new one. 1 query for a service, none for a person."""
    if not user.is_service:
        return {}
    form = TokenForm(prefix="token")
    return {"tokens": list(user.service_tokens.select_related("created_by")), "token_form": form, "now": timezone.now()}


def _grants(user: User) -> list[tuple[Source, str, str]]:
    """(source, verb, through which role, or empty for an own grant), by source. 2 queries."""
    own = SourceUserGrant.objects.filter(user=user).select_related("content_object", "permission")
    by_role = SourceGroupGrant.objects.filter(group__in=user.groups.all())
    rows = [*own, *by_role.select_related("content_object", "permission", "group")]
    found = [
        (row.content_object, row.permission.codename.partition("_")[0], row.group.name if hasattr(row, "group") else "")
        for row in rows
    ]
    return sorted(found, key=lambda row: (row[0].name, row[2], row[1]))


@manages_people
@require_POST
@reauthentication_required
def set_roles(request: HttpRequest, pk: int) -> HttpResponse:
    """Give and take roles."""
    user, form = get_object_or_404(User, pk=pk), RolesForm(request.POST)
    if not form.is_valid():
        return person_page(request, user, 422, roles_form=form)
    try:
        actions.set_roles(user=user, by=request.user, **form.cleaned_data)
        messages.success(request, "The roles are as chosen; they count from the next page on.")
    except actions.PersonNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("governance:person", pk=pk)


@manages_people
@require_POST
@reauthentication_required
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the person's open work to another."""
    user = get_object_or_404(User, pk=pk)
    form = HandOverForm(request.POST, user=user)
    if not form.is_valid():
        return person_page(request, user, 422, hand_over_form=form)
    try:
        given = actions.hand_over(user=user, by=request.user, **form.cleaned_data)
        messages.success(request, f"Handed over: {given.items} work items and {given.approvals} requests.")
    except actions.PersonNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("governance:person", pk=pk)


@manages_people
@require_POST
@reauthentication_required
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an account off, which ends its sessions, or on again."""
    user, form = get_object_or_404(User, pk=pk), SwitchForm(request.POST, prefix="switch")
    if not form.is_valid():
        return person_page(request, user, 422, switch_form=form)
    act = actions.deactivate if user.is_active else actions.reactivate
    try:
        act(user=user, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, "Switched on again." if act is actions.reactivate else "Switched off.")
    except actions.PersonNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("governance:person", pk=pk)


@manages_people
@require_POST
@reauthentication_required
def remove_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a second factor that the person has lost, end their sessions, and tell them."""
    user = get_object_or_404(User, pk=pk)
    form = FactorForm(request.POST, factors=factors.factors_of(user))
    if not form.is_valid():
        return person_page(request, user, 422, factor_form=form)
    said = form.cleaned_data
    try:
        name = factors.remove(user=user, factor_id=said["factor"], by=request.user, reason=said["reason"])
        messages.success(request, f"Removed: {name}. Their sessions have ended.")
        factors.tell(user, request.user, name)
    except (actions.PersonNotAllowed, actions.NotSent) as refused:
        messages.error(request, str(refused))
    return redirect("governance:person", pk=pk)

"""Retention windows with their dry run, what went and why, and legal holds."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance import holds as actions
from governance import permissions
from governance.erasure_forms import HoldForm, WindowForm
from governance.models import LegalHold, RetentionRule, RetentionRun
from governance.retention import pruning, windows
from profiles import audit
from profiles.customers import get_profile, show
from profiles.models import Profile
from profiles.rendering import render_page

RUNS, PAGE = 12, 25


@login_required
@permission_required(permissions.VIEW_RETENTION, raise_exception=True)
@require_http_methods(["GET", "POST"])
def retention(request: HttpRequest) -> HttpResponse:
    """The windows, what they would do (with ?try=1), and the last runs. A new window is not in force until switched on."""
    form = WindowForm(request.POST or None)
    if request.method == "POST":
        if not request.user.has_perms(permissions.SET_RETENTION):
            return _retention_page(request, WindowForm(), 403)
        if form.is_valid():
            pruning.set_window(rule=form.instance, by=request.user)
            messages.success(request, "Written down. Try it, then switch it on.")
            return redirect("governance:retention")
    return _retention_page(request, form, 422 if form.is_bound else 200)


def _retention_page(request: HttpRequest, form: WindowForm, status: int) -> HttpResponse:
    rules = list(RetentionRule.objects.select_related("source", "changed_by"))
    is_tried, now = request.GET.get("try") == "1", timezone.now()
    prune = RetentionRule.Act.PRUNE
    context = {
        "rules": [(rule, windows.counts(rule, now) if is_tried and rule.act == prune else None) for rule in rules],
        "is_tried": is_tried, "form": form,
        "may_set": request.user.has_perms(permissions.SET_RETENTION),
        "runs": [(run, list(_lines(run))) for run in RetentionRun.objects.all()[:RUNS]],
    }  # fmt: skip
    return render_page(request, "governance/retention.html", "governance/retention.html", context, status)


def _lines(run: RetentionRun) -> list[tuple[str, int, int]]:
    """(window, rows that went, rows that were kept) of one run."""
    return [(words, run.pruned.get(key, 0), run.kept.get(key, 0)) for key, words in run.rules.items()]


@login_required
@permission_required(permissions.SET_RETENTION, raise_exception=True)
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a window in force, or out of it."""
    rule = get_object_or_404(RetentionRule, pk=pk)
    pruning.switch(rule=rule, on=request.POST.get("switch") == "on", by=request.user)
    messages.success(request, "In force from the next run." if rule.is_active else "Not in force any more.")
    return redirect("governance:retention")


# ---- holds -------------------------------------------------------------------------------------------------------------------


@login_required
@permission_required(permissions.VIEW_RETENTION, raise_exception=True)
@require_GET
def holds(request: HttpRequest) -> HttpResponse:
    """Legal holds on customers that the reader may see, those in force first."""
    before = request.GET.get("before", "")
    rows = LegalHold.objects.filter(profile__in=Profile.objects.visible_to(request.user))
    rows = rows.select_related("placed_by", "released_by", "profile")
    page = list((rows.filter(id__lt=int(before)) if before.isdecimal() else rows)[: PAGE + 1])
    people = show({hold.profile_id for hold in page}, request.user)
    audit.read("customer.read", subjects=people)
    context = {
        "holds": [(hold, people[hold.profile_id]) for hold in page[:PAGE]],
        "may_hold": request.user.has_perm(permissions.HOLD_CUSTOMERS),
        "next": f"?before={page[PAGE - 1].id}" if len(page) > PAGE else "",
    }
    return render_page(request, "governance/holds.html", "governance/holds.html", context)


@login_required
@permission_required(permissions.HOLD_CUSTOMERS, raise_exception=True)
@require_POST
def place(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hold a customer."""
    profile, form = get_profile(request, pk), HoldForm(request.POST)
    if form.is_valid():
        try:
            actions.place(profile=profile, by=request.user, **form.cleaned_data)
            messages.success(request, "Held: it is neither erased nor pruned until the hold is released.")
        except actions.HoldNotAllowed as refused:
            messages.error(request, str(refused))
    else:
        messages.error(request, "Name the matter.")
    return redirect("profiles:customer", pk=pk)


@login_required
@permission_required(permissions.HOLD_CUSTOMERS, raise_exception=True)
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """End a hold."""
    rows = LegalHold.objects.filter(profile__in=Profile.objects.visible_to(request.user))
    try:
        actions.release(hold=get_object_or_404(rows, pk=pk), by=request.user)
        messages.success(request, "Released.")
    except actions.HoldNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("governance:holds")

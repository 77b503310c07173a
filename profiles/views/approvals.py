"""What waits for a second person: the list, one request with its plan, and the answer."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from profiles import approvals as actions
from profiles import audit, permissions
from profiles.locks import Busy
from profiles.models import Approval
from profiles.rendering import render_page

PAGE = 25
SHOW = {"": "Wait for you", "mine": "Asked by you", "answered": "Answered"}


def _listed(request: HttpRequest, show: str) -> QuerySet[Approval]:
    """The requests of one list, as far as the role goes; the rows that may be seen are the kinds' to say."""
    user, kinds = request.user, actions.kinds_for(request.user)
    own = Q(requested_by=user) | Q(owner=user)
    rows = Approval.objects.select_related("requested_by", "owner", "decided_by")
    if show == "mine":
        return rows.filter(own)
    if show == "answered":
        return rows.filter(Q(kind__in=kinds) | own).exclude(state=Approval.State.REQUESTED)
    return actions.waiting_for(user)


@login_required
@permission_required(permissions.VIEW_APPROVALS, raise_exception=True)
@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits for the reader as the second person, what they asked for, and what was answered; newest first."""
    show = request.GET.get("show", "") if request.GET.get("show") in SHOW else ""
    rows, before = _listed(request, show), request.GET.get("before", "")
    page = list((rows.filter(id__lt=int(before)) if before.isdecimal() else rows)[: PAGE + 1])
    items = actions.presented(page[:PAGE], request.user)
    audit.read("approval.read", subjects={pk for row, _, _ in items for pk in row.subject_ids})
    here = reverse("profiles:approvals")
    context = {
        "items": items, "show": show,
        "tabs": [(label, f"{here}?show={key}" if key else here, key == show, None) for key, label in SHOW.items()],
        "next": f"?show={show}&before={page[PAGE - 1].id}" if len(page) > PAGE else "",
    }  # fmt: skip
    return render_page(request, "profiles/approvals.html", "profiles/approvals.html", context)


def get_approval(request: HttpRequest, pk: int) -> Approval:
    """The request, or 404 when neither the role nor the rows let the reader know of it."""
    row = Approval.objects.select_related("requested_by", "owner", "decided_by").filter(pk=pk).first()
    if row is None or not actions.may_look(row, request.user):
        raise Http404
    return row


@login_required
@permission_required(permissions.VIEW_APPROVALS, raise_exception=True)
@require_GET
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: who asked for what and why, its plan, whether that still stands, and the answer. About 25 queries."""
    row = get_approval(request, pk)
    ((_, title, shown),) = actions.presented([row], request.user)
    is_open = row.state == Approval.State.REQUESTED
    audit.read("approval.read", subjects=row.subject_ids, obj=row)
    context = {
        "approval": row, "title": title, "shown": shown, "is_open": is_open,
        "crumbs": [("Approvals", reverse("profiles:approvals"))],
        "refused": actions.why_not_approve(row, request.user) if is_open else "",
        "changed": actions.what_changed(row) if is_open else "",
        "is_own": request.user.pk in (row.requested_by_id, row.owner_id),
        "may_reject": is_open and not actions.why_not_decide(row, request.user),
    }  # fmt: skip
    return render_page(request, "profiles/approval.html", "profiles/approval.html", context)


@login_required
@permission_required(permissions.VIEW_APPROVALS, raise_exception=True)
@require_POST
def answer_approval(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve (it is done at once), reject, or withdraw what one asked for oneself."""
    row, said = get_approval(request, pk), request.POST.get("answer", "").strip()[:500]
    act = actions.approve if request.POST.get("verdict") == "approve" else actions.reject
    try:
        done = act(approval=row, by=request.user, answer=said)
    except (actions.ApprovalNotAllowed, Busy) as refused:
        messages.error(request, str(refused))
    else:
        tell = messages.warning if done.state == Approval.State.OUTDATED else messages.success
        tell(request, f"{done.get_state_display()}.")
    return redirect("profiles:approval", pk=pk)

"""Split, move and undo, each with its plan before anything happens; cannot-links and their revocation."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from matching import identity, permissions, preview, second_person
from matching import undo as undoing
from matching.locks import Busy
from profiles import approvals, audit
from profiles import permissions as profile_permissions
from profiles.approvals import ApprovalNotAllowed
from profiles.customers import get_profile, granted_sources, show
from profiles.masking import Mask, cover, mask_of, masks_for
from profiles.models import Approval, IdentityOperation, Job, Profile, Source, SourceRecord, User
from profiles.panels import panels_for
from profiles.rendering import render_page


class ChangeForm(forms.Form):
    """Chosen records and a reason."""

    records = forms.TypedMultipleChoiceField(coerce=int, error_messages={"required": "Choose at least one record."})
    reason = forms.CharField(max_length=500)
    never_again = forms.BooleanField(required=False)
    to = forms.UUIDField(required=False)

    def __init__(self, *args: object, records: list[SourceRecord], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["records"].choices = [(record.id, str(record)) for record in records]


def _own_profile(request: HttpRequest, pk: UUID) -> Profile:
    """An active customer of which the user stewards every record."""
    profile = get_profile(request, pk)
    if not Profile.objects.stewarded_by(request.user).filter(pk=pk).exists():
        raise PermissionDenied("The customer has records of sources that you do not steward.")
    return profile


def _records(profile: Profile) -> list[SourceRecord]:
    rows = SourceRecord.objects.filter(membership__profile=profile).select_related("source", "membership")
    return list(rows.defer("payload").order_by("id"))


@login_required
@permission_required(permissions.CHANGE_IDENTITY, raise_exception=True)
@require_http_methods(["GET", "POST"])
def split(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Pick the records that leave a customer."""
    profile = _own_profile(request, pk)
    return _change(request, profile, "matching/split.html", _do_split)


def _do_split(profile: Profile, data: dict, request: HttpRequest) -> IdentityOperation:
    return identity.split(
        profile=profile.id, record_ids=data["records"], by=request.user, reason=data["reason"],
        expected={profile.id: profile.version}, never_again=data["never_again"],
    )  # fmt: skip


@login_required
@permission_required(permissions.CHANGE_IDENTITY, raise_exception=True)
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send chosen records to another customer."""
    profile = _own_profile(request, pk)
    return _change(request, profile, "matching/move.html", _do_move)


def _do_move(profile: Profile, data: dict, request: HttpRequest) -> IdentityOperation:
    if not data["to"]:
        raise identity.ChangeNotAllowed("Say which customer the records belong to.")
    _own_profile(request, data["to"])
    return identity.move(record_ids=data["records"], to_profile=data["to"], by=request.user, reason=data["reason"])


@login_required
@permission_required(permissions.CHANGE_IDENTITY, raise_exception=True)
@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Confirm that chosen records belong to their customer."""
    profile = _own_profile(request, pk)
    chosen = [int(record) for record in request.POST.getlist("record") if record.isdecimal()]
    try:
        identity.confirm(profile=profile.id, record_ids=chosen, by=request.user, reason="Looked at each record")
        messages.success(request, "Confirmed.")
    except (identity.ChangeNotAllowed, Busy) as refused:
        messages.error(request, str(refused))
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if is_ours else reverse("profiles:customer", args=[pk]))


def _change(request: HttpRequest, profile: Profile, template: str, action: object) -> HttpResponse:
    records = _records(profile)
    form = ChangeForm(request.POST or None, records=records)
    if request.method == "POST" and form.is_valid():
        try:
            done = action(profile, form.cleaned_data, request)
            messages.success(request, "Done. It can be undone at any time.")
            return redirect("matching:operation", pk=done.pk)
        except (identity.ChangeNotAllowed, Busy) as refused:
            form.add_error(None, str(refused))
    chosen = {int(pk) for pk in (request.POST or request.GET).getlist("records") if pk.isdecimal()}
    customer = show([profile.id], request.user)[profile.id]
    mask = masks_for(request.user, [profile.id]).of(profile.id)
    audit.read("customer.read", subjects=[profile.id], obj=profile)
    context = {"profile": profile, "customer": customer, "records": records, "form": form, "chosen": chosen}
    context["panels"] = panels_for("split", request.user, profile)
    context |= _parts(profile, {record.id for record in cover(records, mask)}, chosen, mask)
    return render_page(request, template, template, context, 422 if request.method == "POST" else 200)


def _parts(profile: Profile, all_of_them: set[int], chosen: set[int], mask: Mask) -> dict:
    """Both customers that a split would make; nothing until some records, and not all, are chosen."""
    if not chosen or not chosen < all_of_them:
        return {}
    parts = preview.parts(profile.id, chosen, mask)
    return {"parts": parts, "part_rows": preview.rows(parts, preview.EMPTY, {})}


def get_operation(request: HttpRequest, pk: UUID) -> IdentityOperation:
    """The operation, or 404 when none of its records is the reader's to see."""
    rows = IdentityOperation.objects.select_related("actor", "profile", "undoes", "undone_by")
    found = rows.filter(pk=pk, moves__record__source__in=Source.objects.visible_to(request.user)).first()
    if found is None:
        raise Http404
    return found


@login_required
@permission_required(profile_permissions.VIEW_CUSTOMERS, raise_exception=True)
@require_GET
def operation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One operation: who, why, what moved, and what its undo would do."""
    found = get_operation(request, pk)
    granted, asked_for = granted_sources(request.user), second_person.undo_asked_for(found)
    moves = [m for m in found.moves.select_related("record__source") if m.record.source_id in granted]
    mask, can_undo = mask_of(request.user), second_person.may_undo(request.user, found)
    cover([m.record for m in moves], mask)
    ends = {pid for m in moves for pid in (m.from_profile_id, m.to_profile_id) if pid}
    audit.read("customer.read", subjects=ends, obj=found)
    context = {
        "operation": found,
        "on_behalf_of": _on_behalf_of(found),
        "reason": mask.note(found.reason),
        "moves": moves,
        "plan": undoing.plan_undo(found) if can_undo else None,
        "can_undo": can_undo,
        "asked_for": asked_for,
        "asked_url": approvals.address_of(asked_for, request.user),
        "approval_url": approvals.address_of(_approval_of(found), request.user),
        "job": Job.objects.visible_to(request.user).filter(pk=found.run_id).first() if found.run_id else None,
    }
    return render_page(request, "matching/operation.html", "matching/operation.html", context)


def _approval_of(found: IdentityOperation) -> Approval | None:
    """What a second person approved before the operation. At most 1 query."""
    pk = found.evidence.get("approval")
    return Approval.objects.filter(pk=pk).first() if pk else None


def _on_behalf_of(found: IdentityOperation) -> User | None:
    """Who had the job run that did it. 1 query, none for what a person did."""
    if found.actor_id or not found.run_id:
        return None
    return User.objects.filter(pk__in=Job.objects.filter(pk=found.run_id).values("created_by")).first()


@login_required
@permission_required(permissions.CHANGE_IDENTITY, raise_exception=True)
@require_POST
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Undo an operation."""
    found = get_operation(request, pk)
    if not second_person.may_undo(request.user, found):
        raise PermissionDenied("The operation concerns records of sources that you do not steward.")
    given = {
        "operation": found, "by": request.user, "reason": request.POST.get("reason", "")[:500],
        "never_again": request.POST.get("never_again", "") == "on",
    }  # fmt: skip
    try:
        done = undoing.undo(**given)
    except identity.SecondPersonNeeded:
        return _ask_for_undo(request, given)
    except (identity.ChangeNotAllowed, Busy) as refused:
        messages.error(request, str(refused))
        return redirect("matching:operation", pk=pk)
    messages.success(request, "Undone.")
    return redirect("matching:operation", pk=done.pk)


def _ask_for_undo(request: HttpRequest, given: dict) -> HttpResponse:
    """Ask a second person for the undo, and lead to what they will see."""
    try:
        asked = second_person.ask_for_undo(**given)
    except (ApprovalNotAllowed, Busy) as refused:
        messages.error(request, str(refused))
        return redirect("matching:operation", pk=given["operation"].pk)
    messages.success(request, "Asked for: more has happened since, so a second person must approve the undo.")
    return redirect("profiles:approval", pk=asked.pk)

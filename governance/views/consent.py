"""The consent of one customer: its matrix, the evidence of each cell, and what somebody writes down about it."""

from datetime import datetime, time
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance import consent, consent_page, consent_preview, contacts, preferences, receipts
from governance.consent_forms import AsOfForm, StatementForm
from governance.models import CONTACT_FIELDS, Channel, ConsentEvent, Purpose
from governance.permissions import RECORD_CONSENT, VIEW_CONSENT
from matching.locks import Busy
from profiles import audit
from profiles.customers import get_profile, granted_sources, show
from profiles.masking import masks_for
from profiles.models import Profile
from profiles.rendering import render_page


def get_active(request: HttpRequest, pk: UUID) -> Profile:
    """The customer, or 404: also for one that was merged or erased, whose consent is nobody's any more."""
    profile = get_profile(request, pk)
    if profile.state != Profile.State.ACTIVE:
        raise Http404
    return profile


def reader_of(request: HttpRequest, *profiles: Profile) -> consent_page.Reader:
    """Who looks at these customers: in clear only when each was revealed."""
    ids = [profile.id for profile in profiles]
    return consent_page.Reader(granted_sources(request.user), masks_for(request.user, ids).together(ids))


@login_required
@permission_required(VIEW_CONSENT, raise_exception=True)
@require_GET
def customer_consent(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The panel of a customer, and a page of its own with the matrix, also as it was at the end of a day."""
    profile = get_active(request, pk)
    form = AsOfForm(request.GET)
    day = form.cleaned_data["on"] if form.is_valid() else None
    moment = timezone.make_aware(datetime.combine(day, time.max)) if day and day < timezone.localdate() else None
    rows = consent_page.matrix(profile, reader_of(request, profile), moment)
    audit.read("consent.read", subjects=[profile.id], obj=profile)
    context = {
        "profile": profile, "rows": rows, "channels": consent_page.channels_of(rows), "form": form,
        "day": day if moment else None, "customer": None if request.htmx else show([profile.id], request.user)[profile.id],
        "crumbs": [("Customer", reverse("profiles:customer", args=[profile.id]))],
        "may_record": request.user.has_perm(RECORD_CONSENT),
        "addresses": consent_page.visible_values(profile.id, reader_of(request, profile)).get("email", {}),
    }  # fmt: skip
    return render_page(request, "governance/consent.html", "governance/_consent_panel.html", context)


@login_required
@permission_required(VIEW_CONSENT, raise_exception=True)
@require_http_methods(["GET", "POST"])
def cell(request: HttpRequest, pk: UUID, purpose: str, channel: str) -> HttpResponse:
    """One purpose and channel: how it stands, the evidence, and the form that writes a statement down."""
    profile, found = get_active(request, pk), get_purpose(purpose, channel)
    reader = reader_of(request, profile)
    values = consent_page.visible_values(profile.id, reader)
    own = values.get(CONTACT_FIELDS[channel], {}) if channel in CONTACT_FIELDS else {}
    if request.method == "POST" and not request.user.has_perm(RECORD_CONSENT):
        raise PermissionDenied("You may look, but not write statements down.")
    form = StatementForm(request.POST or None, channel=channel, values=own)
    if request.method == "POST" and form.is_valid() and _record(request, profile, found, channel, form, reader):
        return redirect("governance:consent-cell", pk=pk, purpose=purpose, channel=channel)
    return _cell_page(request, profile, found, channel, reader, values, form)


def get_purpose(key: str, channel: str) -> Purpose:
    """The purpose in use that has the channel, or 404."""
    found = Purpose.objects.in_use().filter(key=key, channels__contains=[channel]).first()
    if found is None:
        raise Http404
    return found


def _cell_page(
    request: HttpRequest,
    profile: Profile,
    purpose: Purpose,
    channel: str,
    reader: consent_page.Reader,
    values: consent_page.Values,
    form: StatementForm,
) -> HttpResponse:
    rows = dict(consent_page.matrix(profile, reader))
    audit.read("consent.read", subjects=[profile.id], obj=profile)
    context = {
        "profile": profile, "purpose": purpose, "channel": channel, "channel_label": Channel(channel).label,
        "cell": next(one for one in rows[purpose] if one.channel == channel),
        "evidence": consent_page.evidence(profile, reader, purpose, channel, values), "form": form,
        "may_record": request.user.has_perm(RECORD_CONSENT),
        "customer": show([profile.id], request.user)[profile.id],
        "crumbs": [
            ("Customer", reverse("profiles:customer", args=[profile.id])),
            ("Consent", reverse("governance:consent", args=[profile.id])),
        ],
    }  # fmt: skip
    status = 422 if form.is_bound else 200
    return render_page(request, "governance/consent_cell.html", "governance/consent_cell.html", context, status)


def _record(
    request: HttpRequest,
    profile: Profile,
    purpose: Purpose,
    channel: str,
    form: StatementForm,
    reader: consent_page.Reader,
) -> bool:
    """Write it down on the record that holds the value, else on the first; whether that was possible."""
    data = form.cleaned_data
    field = CONTACT_FIELDS.get(channel, "")
    value = contacts.held([profile.id], reader.granted).get(profile.id, {}).get(field, {}).get(form.contact_digest, "")
    record = consent_page.anchor_of(profile, reader.granted, field, value)
    try:
        said = consent.Statement(
            purpose=purpose, channel=channel, act=data["act"], method=data["method"], record_id=record.id, contact=value,
            at=data["at"], language=data["language"], jurisdiction=data["jurisdiction"], proof=data["proof"],
            reason=data["reason"],
        )  # fmt: skip
        event = consent.record(said, by=request.user)
        preferences.ask_to_confirm(event, base=request.build_absolute_uri("/").rstrip("/"))
    except (consent.ConsentNotAllowed, Busy) as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, "Written down. It counts from now on.")
    return True


@login_required
@permission_required(VIEW_CONSENT, raise_exception=True)
@require_GET
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt of one statement about a customer that the reader may see, to hand to the person."""
    rows = ConsentEvent.objects.select_related("purpose", "record__membership")
    event = get_object_or_404(rows, pk=pk, record__source_id__in=granted_sources(request.user))
    home = getattr(event.record, "membership", None)
    audit.read("consent.receipt_taken", subjects=[home.profile_id] if home else [], obj=event)
    headers = {"Content-Disposition": f'attachment; filename="receipt-{pk}.json"'}
    return JsonResponse(receipts.receipt(event), headers=headers, json_dumps_params={"indent": 2})


@login_required
@permission_required(RECORD_CONSENT, raise_exception=True)
@require_POST
def send_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send the link to their own choices to one of the customer's e-mail addresses."""
    profile = get_active(request, pk)
    reader = reader_of(request, profile)
    value = (
        contacts.held([profile.id], reader.granted).get(profile.id, {}).get("email", {}).get(request.POST.get("to", ""))
    )
    base = request.build_absolute_uri("/").rstrip("/")
    if value:
        preferences.send_link(
            record=consent_page.anchor_of(profile, reader.granted, "email", value),
            value=value,
            base=base,
            by=request.user,
        )
        messages.success(request, "The link was sent to the address.")
    else:
        messages.error(request, "The customer has no such address (any more).")
    return redirect("governance:consent", pk=pk)


@login_required
@permission_required(VIEW_CONSENT, raise_exception=True)
@require_GET
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a merge with another customer, or the leaving of some records, would make of consent."""
    profile, reader, other = get_active(request, pk), None, None
    if given := request.GET.get("with"):
        other = get_active(request, _uuid(given))
        reader = reader_of(request, profile, other)
        rows, sides, after = consent_preview.of_merge([profile.id, other.id], reader), ["A", "B"], ["After"]
    else:
        reader = reader_of(request, profile)
        leaving = [int(one) for one in request.GET.getlist("records") if one.isdecimal()]
        rows, sides, after = consent_preview.of_split(profile.id, leaving, reader), ["Now"], ["Stays", "Leaves"]
    audit.read("consent.read", subjects=[one.id for one in (profile, other) if one], obj=profile)
    context = {
        "rows": rows,
        "sides": sides,
        "after": after,
        "crumbs": [("Customer", reverse("profiles:customer", args=[pk]))],
    }
    return render_page(request, "governance/consent_preview.html", "governance/_consent_preview.html", context)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None

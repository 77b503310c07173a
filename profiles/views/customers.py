"""Find a customer, and the customer page: values with lineage, records, timeline, and as it was on a day."""

from datetime import date, datetime, time
from uuid import UUID

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from profiles import audit, history, permissions, timeline
from profiles.customers import ShownCustomer, ShownValue, get_profile, granted_sources, show
from profiles.lineage import RULES, Tracer
from profiles.masking import cover, masks_for
from profiles.models import Profile, RecordMove, SourceRecord
from profiles.panels import panels_for
from profiles.rendering import render_page
from profiles.search import find
from profiles.views.reveals import reveal_context

TABS = {"": "Profile", "records": "Records", "timeline": "Timeline", "then": "As it was"}


@login_required
@permission_required(permissions.VIEW_CUSTOMERS, raise_exception=True)
@require_GET
def customers(request: HttpRequest) -> HttpResponse:
    """Search, or the newest customers. 6 queries and those of the search."""
    text = request.GET.get("q", "").strip()
    hits = find(text, request.user) if text else []
    why = {hit.profile_id: hit for hit in hits}
    ids = [hit.profile_id for hit in hits] if text else _newest(request)
    shown = show(ids, request.user)
    profiles = Profile.objects.in_bulk(ids)
    rows = [{"customer": shown[pk], "profile": profiles[pk], "hit": why.get(pk)} for pk in ids if pk in profiles]
    audit.read("customer.searched", subjects=ids, detail={"hits": len(ids)})
    context = {"q": text, "rows": rows}
    return render_page(request, "profiles/customers.html", "profiles/_customer_list.html", context)


def _newest(request: HttpRequest) -> list[UUID]:
    rows = Profile.objects.visible_to(request.user).active().filter(record_count__gt=0)
    return list(rows.order_by("-id").values_list("id", flat=True)[:25])


@login_required
@permission_required(permissions.VIEW_CUSTOMERS, raise_exception=True)
@require_GET
def customer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One customer, by tabs. A merged id answers 410 with where it leads, or leads there with ?follow=1."""
    profile = get_profile(request, pk)
    if profile.state != Profile.State.ACTIVE:
        return _gone(request, profile)
    tab = request.GET.get("tab", "") if request.GET.get("tab") in TABS else ""
    context = _header(request, profile, tab)
    granted = granted_sources(request.user)
    context |= {"": _profile, "records": _records_tab, "timeline": _timeline, "then": _then}[tab](
        request, profile, granted, context["customer"]
    )
    audit.read("customer.read", subjects=[profile.id], obj=profile)
    return render_page(request, "profiles/customer.html", "profiles/customer.html", context)


def _gone(request: HttpRequest, profile: Profile) -> HttpResponse:
    """410: merged into another, with the way on for who may see that; or erased, without one."""
    context: dict[str, object] = {"profile": profile}
    if Profile.objects.visible_to(request.user).filter(pk=profile.canonical_id).exists():
        address = reverse("profiles:customer", args=[profile.canonical_id])
        if request.GET.get("follow") == "1":
            return redirect(address)
        left = RecordMove.objects.filter(from_profile=profile).select_related("operation__actor")
        last = left.order_by("-operation_id").first()
        context |= {"canonical": profile.canonical, "address": address, "operation": last.operation if last else None}
    response = render_page(request, "profiles/gone.html", "profiles/gone.html", context, 410)
    if "address" in context:
        response["Link"] = f'<{request.build_absolute_uri(str(context["address"]))}>; rel="canonical"'
        response["X-Canonical-Id"] = str(profile.canonical_id)
        response["X-Operation-Id"] = str(context["operation"].id) if context["operation"] else ""
    return response


def _header(request: HttpRequest, profile: Profile, tab: str) -> dict:
    """What every tab shows. About 10 queries."""
    here = reverse("profiles:customer", args=[profile.id])
    return {
        "profile": profile,
        "customer": show([profile.id], request.user)[profile.id],
        "tab": tab,
        "tabs": [(label, f"{here}?tab={key}" if key else here, key == tab, None) for key, label in TABS.items()],
        "absorbed": profile.tombstones.visible_to(request.user).order_by("-id")[:5],
        "is_steward": Profile.objects.stewarded_by(request.user).filter(pk=profile.pk).exists(),
        **reveal_context(request.user, profile),
    }


def _records(profile: Profile, granted: set[int]) -> list[SourceRecord]:
    rows = SourceRecord.objects.filter(membership__profile=profile, source_id__in=granted)
    return list(rows.select_related("source", "batch", "membership").order_by("id"))


def _profile(request: HttpRequest, profile: Profile, granted: set[int], shown: ShownCustomer) -> dict:
    """Golden values with their lineage, and the panels of other apps."""
    cited = {v.record_id for found in (shown.golden, shown.runners_up) for values in found.values() for v in values}
    rows = SourceRecord.objects.filter(id__in=cited, source_id__in=granted)
    records = list(rows.select_related("source", "batch").prefetch_related("corrections__created_by"))
    masks = masks_for(request.user, [profile.id])
    tracer = Tracer(records, masks.of(profile.id))
    return {
        "values": [
            {
                "label": values[0].label,
                "values": tracer.trace(values),
                "others": tracer.trace(_passed_over(values, shown.runners_up.get(key, []))),
            }
            for key, values in shown.golden.items()
        ],
        "rules": RULES,
        "panels": panels_for("customer", request.user, profile),
    }


def _passed_over(golden: list[ShownValue], others: list[ShownValue]) -> list[ShownValue]:
    """Values that differ from the golden ones: a name that lost as a whole may share parts with the one that won."""
    taken = {value.token for value in golden}
    return [value for value in others if value.token not in taken]


def _records_tab(request: HttpRequest, profile: Profile, granted: set[int], shown: ShownCustomer) -> dict:
    mask = masks_for(request.user, [profile.id]).of(profile.id)
    return {"records": cover(_records(profile, granted), mask)}


def _timeline(request: HttpRequest, profile: Profile, granted: set[int], shown: ShownCustomer) -> dict:
    """Operations, decisions, corrections and imports, newest first."""
    before = request.GET.get("before", "")
    scope = timeline.scope_of(profile, granted, _moment(before) or timezone.now(), request.user)
    events, following = timeline.page(scope, before if _moment(before) else "")
    return {"events": events, "next": following, "is_later_page": bool(before)}


def _moment(place: str) -> datetime | None:
    try:
        return datetime.fromisoformat(place.partition("_")[0])
    except ValueError:
        return None


def _then(request: HttpRequest, profile: Profile, granted: set[int], shown: ShownCustomer) -> dict:
    """The customer as it was at the end of a day."""
    day = _day(request.GET.get("on", "")) or timezone.localdate()
    moment = timezone.make_aware(datetime.combine(day, time.max))
    mask = masks_for(request.user, [profile.id]).of(profile.id)
    return {
        "day": day,
        "past": history.as_it_was(profile, min(moment, timezone.now()), granted, mask),
        "today": timezone.localdate(),
    }


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None

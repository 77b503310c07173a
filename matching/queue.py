"""The review queue: what waits for this person, its filters with their counts, and its pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, F, Func, OuterRef, Q
from django.db.models.fields.json import KT
from django.utils import timezone

from profiles.models import Source, User
from profiles.work import KINDS

from .models import Decision, Proposal
from .models.proposal import ProposalQuerySet

PAGE = 25
SHOW = {"": "Waiting", "unsure": "You were unsure", "later": "Put off until later"}
BANDS = {"95": (0.95, 1.01), "85": (0.85, 0.95), "70": (0.70, 0.85), "0": (-0.01, 0.70)}
BAND_LABELS = {"95": "95 % and more", "85": "85 to 95 %", "70": "70 to 85 %", "0": "below 70 %"}
AGES = {"1": "since yesterday", "7": "in the last week", "old": "more than a week old"}
NO_RULE = "none"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a filter, with how many it would leave of what waits."""

    value: str
    label: str
    count: int


def waiting(user: User, show: str = "") -> ProposalQuerySet:
    """Open proposals the user may see: those to decide, those they were unsure of, or those put off.

    What a person was unsure of is for somebody else, so it is not among what waits for them.
    """
    rows = Proposal.objects.awaiting_review().visible_to(user)
    unsure = Decision.objects.filter(proposal=OuterRef("pk"), actor=user, verdict="unsure", voids__isnull=True)
    put_off = Q(work_item__due_at__gt=timezone.now())
    if show == "later":
        return rows.filter(put_off)
    if show == "unsure":
        return rows.filter(Exists(unsure)).exclude(put_off)
    return rows.exclude(put_off).exclude(Exists(unsure))


def filtered(rows: ProposalQuerySet, wanted: Mapping[str, str]) -> ProposalQuerySet:
    """The proposals that fit the filters of the address; what is not understood is not filtered by."""
    q = Q()
    if reason := wanted.get("reason"):
        q &= Q(reasons__contains=[reason])
    if wanted.get("kind") in Proposal.Kind.values:
        q &= Q(kind=wanted["kind"])
    if band := BANDS.get(wanted.get("band", "")):
        q &= Q(probability__gte=band[0], probability__lt=band[1])
    if rule := wanted.get("rule"):
        q &= Q(evidence__rule=None) if rule == NO_RULE else Q(evidence__rule=rule)
    return rows.filter(q & _sources(wanted.get("sources", "")) & _age(wanted.get("age", "")))


def _sources(pair: str) -> Q:
    left, _, right = pair.partition("-")
    if not (left.isdecimal() and right.isdigit()):
        return Q()
    return Q(left_record__source=left, right_record__source=right) | Q(
        left_record__source=right, right_record__source=left
    )


def _age(age: str) -> Q:
    if age == "old":
        return Q(created_at__lt=timezone.now() - timedelta(days=7))
    return Q(created_at__gte=timezone.now() - timedelta(days=int(age))) if age in AGES else Q()


def page(rows: ProposalQuerySet, after: str) -> tuple[list[Proposal], str]:
    """The next proposals, most probable first, behind a place; and the place to go on from. 1 query."""
    probability, _, pk = after.partition("_")
    if _is_number(probability) and pk.isdecimal():
        rows = rows.filter(Q(probability__lt=float(probability)) | Q(probability=float(probability), id__gt=int(pk)))
    rows = rows.select_related("left_record__source", "right_record__source", "work_item")
    found = list(rows.order_by(F("probability").desc(), "id")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return found[:PAGE], f"{last.probability!r}_{last.pk}" if last else ""


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("e-", "", 1).isdecimal()


def options(rows: ProposalQuerySet, user: User) -> dict[str, list[Option]]:
    """The filters, each with the choices that leave something and how much. 5 queries."""
    return {
        "reason": reasons(rows),
        "band": _bands(rows),
        "rule": _rules(rows),
        "sources": _source_pairs(rows, user),
        "age": _ages(rows),
    }


def reasons(rows: ProposalQuerySet) -> list[Option]:
    """Why a person is asked, the commonest first. 1 query."""
    counts = rows.annotate(code=Func(F("reasons"), function="unnest")).values_list("code").annotate(n=Count("id"))
    return [Option(code, KINDS["proposal"].reason(code), n) for code, n in counts.order_by("-n", "code")]


def _bands(rows: ProposalQuerySet) -> list[Option]:
    counts = rows.aggregate(
        **{
            f"n{key}": Count("id", filter=Q(probability__gte=low, probability__lt=high))
            for key, (low, high) in BANDS.items()
        }
    )
    return [Option(key, BAND_LABELS[key], counts[f"n{key}"]) for key in BANDS if counts[f"n{key}"]]


def _rules(rows: ProposalQuerySet) -> list[Option]:
    counts = rows.annotate(rule=KT("evidence__rule")).values_list("rule").annotate(n=Count("id"))
    return [Option(rule or NO_RULE, rule or "by weight, no named rule", n) for rule, n in counts.order_by("-n", "rule")]


def _source_pairs(rows: ProposalQuerySet, user: User) -> list[Option]:
    names = dict(Source.objects.visible_to(user).values_list("id", "name"))
    counts = rows.filter(kind=Proposal.Kind.MERGE).values_list("left_record__source", "right_record__source")
    found: dict[tuple[int, int], int] = {}
    for left, right, n in counts.annotate(n=Count("id")).order_by():
        if left in names and right in names:
            pair = (min(left, right), max(left, right))
            found[pair] = found.get(pair, 0) + n
    return [
        Option(f"{a}-{b}", f"{names[a]} and {names[b]}", n) for (a, b), n in sorted(found.items(), key=lambda x: -x[1])
    ]


def _ages(rows: ProposalQuerySet) -> list[Option]:
    counts = rows.aggregate(**{f"n{key}": Count("id", filter=_age(key)) for key in AGES})
    return [Option(key, label, counts[f"n{key}"]) for key, label in AGES.items() if counts[f"n{key}"]]

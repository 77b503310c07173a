"""How requests come in: filed by staff, through the public form, through the API.

At the public form everybody gets the same answer in the same time: what depends on whether somebody is known is done by a
job, after the answer.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from profiles import jobs
from profiles.encryption import digest
from profiles.jobs import Claim as Held
from profiles.locks import lock_profiles
from profiles.models import Profile, SearchEntry, User
from profiles.search import spellings

from . import claims, deadlines, fulfilment, letters, request_marks, requests, verification
from .claims import Claim
from .doors import come
from .models import PrivacyRequest
from .models.request import State
from .requests import RequestNotAllowed

JOB = "admit_request"
HOUR, DAY = 3_600, 86_400
PER_ADDRESS, PER_CONTACT = 20, 5  # requests an hour from one address of the net, a day for one contact point


class TooMany(Exception):
    """Too many requests came from here, or for this contact point; the message says so."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, as every door takes it."""

    kind: str
    regime: str
    claim: Claim
    requester: str = PrivacyRequest.Requester.SUBJECT
    received_at: datetime | None = None


@transaction.atomic
def file(*, asked: Asked, by: User, profile: Profile | None = None) -> PrivacyRequest:
    """A request that staff write down for the person who asks. It still is to be verified."""
    return _receive(asked, PrivacyRequest.Door.STEWARD, by, profile)


@transaction.atomic
def file_by_service(*, asked: Asked, by: User, external_id: str) -> PrivacyRequest:
    """A request that another system files: a job looks whom its contact point is known by, as for the public form."""
    request = _receive(asked, PrivacyRequest.Door.API, by, None)
    request.external_id = external_id
    request.save(update_fields=["external_id"])
    jobs.enqueue(kind=JOB, args={"request": str(request.pk)})
    return request


def file_publicly(*, asked: Asked, address: str) -> str:
    """A request from the public form; returns the secret of its page. The same work for whoever it is. Raises TooMany."""
    if not come(door="privacy", who=address, most=PER_ADDRESS, seconds=HOUR):
        raise TooMany("Too many requests came from where you are. Please try again in an hour.")
    if not come(door="contact", who=asked.claim.contact, most=PER_CONTACT, seconds=DAY):
        raise TooMany("Too many requests were made for this contact point today. Please try again tomorrow.")
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        request = _receive(asked, PrivacyRequest.Door.PUBLIC, None, None, token)
        jobs.enqueue(kind=JOB, args={"request": str(request.pk)})
    return token


def _receive(
    asked: Asked, door: str, by: User | None, profile: Profile | None, token: str = ""
) -> PrivacyRequest:  # fmt: skip
    request = requests.receive(
        kind=asked.kind, door=door, regime=asked.regime, by=by, profile=profile, received_at=asked.received_at,
        requester=asked.requester,
    )  # fmt: skip
    claims.seal(request, asked.claim)
    request.token_digest = token_digest(token) if token else ""
    request.duplicate_of = _first_of(request)
    request.save(update_fields=["claim", "claim_digest", "token_digest", "duplicate_of"])
    return request


def token_digest(token: str) -> str:
    """What is kept of the secret of a public page."""
    return digest(token, purpose="page of a privacy request").hex()


def by_token(token: str) -> PrivacyRequest | None:
    """The request of a public page. 1 query."""
    return PrivacyRequest.objects.filter(token_digest=token_digest(token)).first()


# ---- duplicates ----------------------------------------------------------------------------------------------------------


def _first_of(request: PrivacyRequest) -> PrivacyRequest | None:
    """The open request that this one repeats: the same kind, for the same contact point; a verified one before others."""
    if not request.claim_digest:
        return None
    same = PrivacyRequest.objects.open().filter(kind=request.kind, claim_digest=request.claim_digest)
    if request.profile_id:  # two customers may share a contact point
        same = same.filter(Q(profile=request.profile_id) | Q(profile=None))
    found = list(same.exclude(pk=request.pk).order_by("id"))
    heads = [one for one in found if one.duplicate_of_id is None]
    return next((one for one in heads if one.verified), heads[0] if heads else None)


def lead_group(request: PrivacyRequest) -> None:
    """A request that was verified stands on its own before unverified ones; it joins only one verified before it."""
    same = PrivacyRequest.objects.open().filter(kind=request.kind, profile_id=request.profile_id).exclude(verified="")
    earlier = same.filter(duplicate_of=None, id__lt=request.pk).order_by("id").first()
    others = PrivacyRequest.objects.open().filter(kind=request.kind, verified="", claim_digest=request.claim_digest)
    PrivacyRequest.objects.filter(pk=request.pk).update(duplicate_of=earlier)
    if request.claim_digest:
        others.update(duplicate_of=earlier or request)


# ---- who it is -----------------------------------------------------------------------------------------------------------


def known_by(contact: Claim) -> Profile | None:
    """The one customer who has this contact point; none when nobody has it, or several. 1 or 2 queries."""
    kind, value = ("email", contact.email) if contact.email else ("phone", contact.phone)
    rows = SearchEntry.objects.filter(kind=kind, text__in=spellings(value), profile__state=Profile.State.ACTIVE)
    ids = list(rows.values_list("profile_id", flat=True).distinct()[:2])
    return Profile.objects.get(pk=ids[0]) if len(ids) == 1 else None


def run_admission(held: Held) -> None:
    """The job behind the public form: send a code to who is known; an opt-out that needs no proof is done at once."""
    with held.effect():
        request = requests.locked(PrivacyRequest.objects.get(pk=held.args["request"]))
        if request.state != State.RECEIVED:
            return
        profile = known_by(claims.unseal(request))
        own = request.requester == PrivacyRequest.Requester.SUBJECT
        if profile and own and is_free(request):
            let_in(request=request, profile=profile, how=PrivacyRequest.Verified.NOT_NEEDED, by=None)
            return
        requests.become(request, State.VERIFYING, blocked=_blocked(profile))
        if profile and own:
            verification.send_code(request=request, profile=profile)


def _blocked(profile: Profile | None) -> str:
    return PrivacyRequest.Blocked.IDENTITY if profile else PrivacyRequest.Blocked.SUBJECT


@transaction.atomic
def send_again(*, request: PrivacyRequest) -> bool:
    """Staff have a (further) code sent; whether one was."""
    request = requests.locked(request)
    if request.state not in (State.RECEIVED, State.VERIFYING):
        raise RequestNotAllowed("It is known already who asks.")
    if request.requester != PrivacyRequest.Requester.SUBJECT:
        raise RequestNotAllowed("Who asks for another proves authority; a code would prove something else.")
    claim = claims.unseal(request)
    profile = known_by(claim) if claim.contact else None
    if request.state == State.RECEIVED:
        request = requests.become(request, State.VERIFYING, blocked=_blocked(profile))
    return profile is not None and verification.send_code(request=request, profile=profile) is not None


def is_free(request: PrivacyRequest) -> bool:
    """Whether the law lets nobody ask for proof: opt-outs where they have a time of their own."""
    return request.kind in deadlines.OPT_OUTS and requests.policy_of(request).opt_out is not None


@transaction.atomic
def let_in(*, request: PrivacyRequest, profile: Profile, how: str, by: User | None) -> PrivacyRequest:
    """Bind the request to the person it was proven to come from; what needs no plan of people begins at once."""
    lock_profiles([profile.pk])
    if not Profile.objects.active().filter(pk=profile.pk).exists():
        raise RequestNotAllowed("The customer was merged or erased in the meantime.")
    request = requests.verify(request=request, profile=profile, how=how, by=by)
    request_marks.begin(request)
    lead_group(request)
    if claims.unseal(request).contact:
        letters.send(request=request, letter="acknowledgement", by=by)
    handler = fulfilment.HANDLERS.get(request.kind)
    if handler is not None and handler.at_once:
        request = fulfilment.start(request=request, by=by)
    return request

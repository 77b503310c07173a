"""Publishing match models: one person asks, a second one puts the version in force. Rolling back is publishing again."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from profiles import audit
from profiles.models import User

from . import models_in_force
from .models import Evaluation, MatchModel, Publication, ShadowRun

TARGET = 0.99  # precision of automatic pairs on labels; or what the published model reaches, if that is less
FEWEST = 20  # labelled pairs from which precision is held against the target
ALONE = (
    "A second person must publish it. Where there is only one administrator, whoever runs the server publishes it there:"
    " manage.py publish_model {label} --reason …"
)


class PublicationNotAllowed(Exception):
    """The version cannot be asked for or published; the message says why."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a reader of the publish page needs: the shadow run, the evaluations on labels, and what is in the way."""

    shadow_run: ShadowRun | None
    evaluation: Evaluation | None
    evaluation_before: Evaluation | None
    obstacles: tuple[str, ...]


def readiness(model: MatchModel) -> Readiness:
    """Whether a version may be published now. 4 queries.

    One that was in force before needs no new shadow run: rolling back must be quick.
    """
    published = MatchModel.objects.filter(state=MatchModel.State.PUBLISHED).first()
    run = _shadow_run(model, published)
    own, before = _on_labels(model), _on_labels(published) if published else None
    obstacles = ["It is in force."] if model.state == MatchModel.State.PUBLISHED else []
    if model.state == MatchModel.State.DRAFT:
        obstacles += [] if run else ["Run it in the shadow of the published version first."]
        obstacles += _below_target(own, before)
    return Readiness(run, own, before, tuple(obstacles))


def _shadow_run(model: MatchModel, published: MatchModel | None) -> ShadowRun | None:
    rows = ShadowRun.objects.filter(model_digest=model.digest, finished_at__isnull=False)
    return rows.filter(against_label=published.label if published else "").first()


def _on_labels(model: MatchModel) -> Evaluation | None:
    rows = Evaluation.objects.filter(model_digest=model.digest, kind=Evaluation.Kind.STEWARD)
    return rows.defer("errors").first()


def _below_target(own: Evaluation | None, before: Evaluation | None) -> list[str]:
    """Precision on decided pairs must reach the target, or at least that of the published version."""
    if own is None or own.figures["labelled"] < FEWEST:
        return []
    reached = own.figures["pairs"]["precision"]
    earlier = before.figures["pairs"]["precision"] if before else None
    target = TARGET if earlier is None else min(TARGET, earlier)
    if reached is None or reached >= target:
        return []
    return [f"On decided pairs its precision is {reached:.1%}; it must be {target:.1%} at least."]


@transaction.atomic
def request(*, model: MatchModel, by: User | None, reason: str) -> Publication:
    """Ask for a version to be put in force."""
    model = MatchModel.objects.select_for_update().get(id=model.id)
    if model.publications.filter(state=Publication.State.REQUESTED).exists():
        raise PublicationNotAllowed("Its publication was asked for already.")
    obstacles = readiness(model).obstacles
    if obstacles:
        raise PublicationNotAllowed(" ".join(obstacles))
    asked = Publication.objects.create(model=model, model_digest=model.digest, reason=reason, requested_by=by)
    audit.record("model.publication_requested", obj=model, detail={"label": model.label, "reason": reason})
    return asked


def why_not_approve(publication: Publication, user: User) -> str:
    """Why this user may not publish it; empty if they may."""
    if publication.state != Publication.State.REQUESTED:
        return "It was answered already."
    if publication.requested_by_id == user.id:
        return f"You asked for it. {ALONE.format(label=publication.model.label)}"
    return ""


@transaction.atomic
def approve(*, publication: Publication, by: User, answer: str = "") -> Publication:
    """Put the version in force: the second person's act."""
    publication = _locked(publication)
    refused = why_not_approve(publication, by)
    if refused:
        raise PublicationNotAllowed(refused)
    return _publish(publication, by, answer)


@transaction.atomic
def publish_on_server(*, model: MatchModel, reason: str) -> Publication:
    """Put a version in force from the server's command line; the ledger shows that no second person approved it."""
    asked = model.publications.filter(state=Publication.State.REQUESTED).first()
    return _publish(_locked(asked or request(model=model, by=None, reason=reason)), None, reason)


def _locked(publication: Publication) -> Publication:
    """Locks the version, then the request: the order of every action here."""
    model = MatchModel.objects.select_for_update(of=("self",)).get(id=publication.model_id)
    found = Publication.objects.select_for_update(of=("self",)).get(id=publication.id)
    found.model = model
    return found


def _publish(publication: Publication, by: User | None, answer: str) -> Publication:
    model = publication.model
    if model.digest != publication.model_digest:
        raise PublicationNotAllowed("The draft is not what it was when this was asked for.")
    before = MatchModel.objects.filter(state=MatchModel.State.PUBLISHED).first()
    models_in_force.publish(model=model, by=by)
    publication.replaced = before.label if before else ""
    _answer(publication, Publication.State.PUBLISHED, by, answer)
    return publication


@transaction.atomic
def reject(*, publication: Publication, by: User, answer: str) -> Publication:
    """Say no; the one who asked withdraws it that way."""
    publication = _locked(publication)
    if publication.state != Publication.State.REQUESTED:
        raise PublicationNotAllowed("It was answered already.")
    withdrawn = publication.requested_by_id == by.id
    state = Publication.State.WITHDRAWN if withdrawn else Publication.State.REJECTED
    event = "model.publication_withdrawn" if withdrawn else "model.publication_rejected"
    audit.record(event, obj=publication.model, detail={"label": publication.model.label, "reason": answer})
    return _answer(publication, state, by, answer)


def _answer(publication: Publication, state: str, by: User | None, answer: str) -> Publication:
    publication.state, publication.decided_by, publication.answer = state, by, answer
    publication.decided_at = timezone.now()
    publication.save(update_fields=["state", "decided_by", "decided_at", "answer", "replaced"])
    return publication

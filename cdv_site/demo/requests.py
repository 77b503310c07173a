"""A few privacy requests in the demo, in several states and under several laws."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from governance import fulfilment, intake, letters, refusals
from governance.claims import Claim
from governance.intake import Asked
from governance.models import PrivacyRequest
from profiles.context import acting, actor_of
from profiles.models import GoldenValue, Profile, User


@dataclass(frozen=True, slots=True)
class Story:
    """One request of the demo: what is asked, how many days ago, and how far it has come."""

    kind: str
    regime: str
    days_ago: int
    steps: tuple[str, ...] = ()
    words: str = ""


STORIES = (
    Story("access", "eu", 12, ("verify",), "Please send me everything that you hold about me."),
    Story("restriction", "uk", 3, ("verify",), "My address is wrong; use nothing until it is settled."),
    Story("correction", "eu", 24, ("verify",), "I moved to another town in spring."),
    Story("portability", "california", 40, ("verify", "extension")),
    Story("access", "uk", 20, ("identity",), "I am writing from a new address."),
    Story("access", "eu", 33, (), "I have written to you before."),
    Story("access", "brazil", 9, ("refuse",), "For the fourth time this month."),
    Story("restriction", "eu", 25, ("verify", "tasks")),
)


def file_requests() -> int:
    """File them for customers of the demo who can be reached by e-mail; once. Returns how many there are."""
    if PrivacyRequest.objects.exists():
        return PrivacyRequest.objects.count()
    officer, support = (User.objects.get(username=name) for name in ("privacy", "support"))
    reachable = GoldenValue.objects.filter(field="email", rank=1, profile__state=Profile.State.ACTIVE)
    people = list(reachable.order_by("profile_id").select_related("profile")[: len(STORIES)])
    for story, person in zip(STORIES, people, strict=False):
        with acting(actor_of(officer)):
            _tell(story, person.profile, person.value, officer, support)
    return PrivacyRequest.objects.count()


def _tell(story: Story, profile: Profile, email: str, officer: User, support: User) -> None:
    asked = Asked(
        story.kind, story.regime, Claim(email=email, message=story.words),
        received_at=timezone.now() - timedelta(days=story.days_ago),
    )  # fmt: skip
    request = intake.file(asked=asked, by=support, profile=profile)
    for step in story.steps:
        request.refresh_from_db()
        STEPS[step](request, officer)


def _verify(request: PrivacyRequest, officer: User) -> None:
    intake.let_in(request=request, profile=request.profile, how=PrivacyRequest.Verified.STAFF, by=officer)


def _identity(request: PrivacyRequest, officer: User) -> None:
    letters.send(request=request, letter="identity", by=officer)


def _extension(request: PrivacyRequest, officer: User) -> None:
    letters.send(request=request, letter="extension", by=officer, reason="Your data lies in many systems.")


def _refuse(request: PrivacyRequest, officer: User) -> None:
    text = "You have had our answer three times this month, and nothing has changed since."
    refusals.ask(request=request, code="excessive", text=text, by=officer)


def _tasks(request: PrivacyRequest, officer: User) -> None:
    for task in request.tasks.filter(by_hand=True):
        fulfilment.do_by_hand(task=task, by=officer)


STEPS = {
    "verify": _verify, "identity": _identity, "extension": _extension, "refuse": _refuse, "tasks": _tasks,
}  # fmt: skip

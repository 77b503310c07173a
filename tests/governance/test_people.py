"""People: invited by a one-time link, given roles after the password was given again, switched off, their work handed over."""

import re

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.urls import reverse

from governance import people, sessions
from matching import identity, second_person
from profiles import work
from profiles.models import Approval, AuditEvent, SourceUserGrant, User, WorkItem
from tests.cast import Cast, profile_of, send
from tests.governance.test_sign_in import confirm, sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "brave-new-password"


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def admin(cast: Cast) -> Client:
    """Root, signed in and confirmed."""
    client, _ = sign_in("root")
    confirm(client)
    return client


def url(name: str, *args: object) -> str:
    return reverse(f"governance:{name}", args=args)


def acts(user: User) -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(action__startswith="user.", object_id=str(user.pk)).order_by("id")
    return [(row.action, row.detail.get("role", "")) for row in rows]


def test_the_invited_set_a_password_by_a_link_that_works_once(cast: Cast, admin: Client, settings: object) -> None:
    form = {
        "first_name": "Nina",
        "last_name": "Simone",
        "email": "nina@post.example",
        "username": "nina",
        "roles": ["steward"],
    }
    assert admin.post(url("invite"), {**form, "email": ""}).status_code == 422
    assert admin.post(url("invite"), form).status_code == 302  # shown to nobody
    nina = User.objects.get(username="nina")
    assert people.is_invited(nina) and acts(nina) == [("user.invited", ""), ("user.role_given", "steward")]
    (message,) = mail.outbox
    link = re.search(r"https?://testserver(\S+)", message.body)[1]
    assert message.to == ["nina@post.example"] and "user name is nina" in message.body
    assert "already" in admin.post(url("invite"), {**form, "username": "nina2"}).content.decode()
    settings.DEMO_HINTS = True
    shown = admin.post(url("invite-again", nina.pk)).content.decode()
    newer = re.search(r"https?://testserver(\S+)", mail.outbox[1].body)[1]
    assert newer in shown and newer != link
    assert set_password(link) is False  # the older one leads nowhere
    assert set_password(newer) is True and set_password(newer) is False
    client, answer = sign_in("nina", PASSWORD)
    assert answer.status_code == 302 and client.get(reverse("matching:queue")).status_code == 200
    assert (
        "user.invited" in dict(acts(nina)) and admin.post(url("invite-again", nina.pk), follow=True).status_code == 200
    )
    assert len(mail.outbox) == 2


def set_password(link: str) -> bool:
    """Follow a link as whoever got it: whether it let a password be set."""
    client = Client()
    page = client.get(link, follow=True)
    if not page.redirect_chain:
        return False
    answer = client.post(page.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    return answer.status_code == 302


def test_roles_are_given_and_taken_after_the_password_was_given_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = sign_in("root")
    now = sessions.time.time()
    monkeypatch.setattr(sessions.time, "time", lambda: now + 301)
    form = {"roles": ["auditor", "viewer"], "reason": "Checks now"}
    asked = client.post(url("set-roles", cast.ada.pk), form)
    assert asked.status_code == 302 and asked.url.startswith("/accounts/reauthenticate/")
    assert cast.ada.groups.get().name == "steward"
    client.post(asked.url, {"password": "a-long-password"})  # goes on with what was asked
    assert set(cast.ada.groups.values_list("name", flat=True)) == {"auditor", "viewer"}
    assert acts(cast.ada) == [
        ("user.role_given", "auditor"),
        ("user.role_given", "viewer"),
        ("user.role_taken", "steward"),
    ]
    client.post(url("set-roles", cast.bob.pk), {"roles": ["administrator"], "reason": "Sets up"})
    assert User.objects.get(pk=cast.bob.pk).is_staff
    own = client.post(url("set-roles", cast.root.pk), form, follow=True).content.decode()
    assert "Nobody changes their own account" in own
    cast.eve.is_superuser = True
    cast.eve.save()
    assert (
        "a superuser&#x27;s to change" in client.post(url("set-roles", cast.eve.pk), form, follow=True).content.decode()
    )


def test_an_account_switched_off_is_out_at_once_and_keeps_its_grants(cast: Cast, admin: Client) -> None:
    ada, _ = sign_in("ada")
    assert ada.get("/").status_code == 200
    page = admin.get(url("person", cast.ada.pk)).content.decode()
    assert "1 session open" in page and "own grant" in page
    assert admin.post(url("switch-account", cast.ada.pk), {"switch-reason": ""}).status_code == 422
    admin.post(url("switch-account", cast.ada.pk), {"switch-reason": "Left"})
    assert ada.get("/").status_code == 302 and sign_in("ada")[0].get("/").status_code == 302
    assert SourceUserGrant.objects.filter(user=cast.ada).count() == 4
    assert "without power" in admin.get(url("person", cast.ada.pk)).content.decode()
    admin.post(url("switch-account", cast.ada.pk), {"switch-reason": "Back"})
    assert ada.get("/").status_code == 302  # the old session is over
    assert sign_in("ada")[0].get("/").status_code == 200
    assert [action for action, _ in acts(cast.ada)] == ["user.deactivated", "user.reactivated"]


def test_open_work_is_handed_over_and_what_the_other_may_not_decide_goes_back(cast: Cast, admin: Client) -> None:
    send(cast.shop, *({"id": str(n), "name": f"Person{n} Of{n}"} for n in range(1, 5)))
    ends = [profile_of(cast.shop, str(n)).id for n in range(1, 5)]
    for kept, lost in (ends[:2], ends[2:]):
        identity.merge(survivor=kept, losers=[lost], by=cast.ada, reason="r")
    second_person.ask_for_merge(left=ends[0], right=ends[2], survivor=None, confirmed=[], by=cast.ada, reason="r")
    for subject, source in ((1, cast.shop), (2, cast.crm)):
        work.open_item(kind="flag", subject_id=subject, reason="flagged", source_id=source.id)
    WorkItem.objects.filter(kind="flag").update(assignee=cast.ada)
    form = {"to": cast.bob.pk, "reason": "Holiday"}  # bob stewards the shop only
    assert "Hand it over" in admin.get(url("person", cast.ada.pk)).content.decode()
    admin.post(url("hand-over", cast.ada.pk), form)
    assert dict(WorkItem.objects.filter(kind="flag").values_list("source__key", "assignee")) == {
        "shop": cast.bob.pk, "crm": None,
    }  # fmt: skip
    assert Approval.objects.get().owner == cast.bob and not people.open_work(cast.ada)
    told = AuditEvent.objects.get(action="user.work_handed_over").detail
    assert (told["items"], told["approvals"], told["to"]) == (1, 1, "bob")


def test_people_are_the_administrators(cast: Cast, admin: Client, django_assert_max_num_queries: object) -> None:
    steward, _ = sign_in("ada")
    for page in (url("people"), url("invite"), url("person", cast.bob.pk)):
        assert steward.get(page).status_code == 403 and admin.get(page).status_code == 200
    for n in range(60):
        User.objects.create_user(f"user{n:02}", last_login="2026-01-01T00:00:00Z").groups.add(
            Group.objects.get(name="viewer")
        )
    with django_assert_max_num_queries(20):
        page = admin.get(url("people"))
    assert page.context["next"] and len(page.context["people"]) == 50
    assert len(admin.get(url("people") + page.context["next"]).context["people"]) > 5

"""The access review: managers confirm every grant each quarter; what nobody confirms falls."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import access_review
from governance.models import AccessReview, ReviewedGrant
from profiles import grants
from profiles.models import AuditEvent, Source, SourceGroupGrant, SourceUserGrant
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    """Vera manages the shop. Ada, bob, vera and root hold grants on it, and the viewers as a role; all of them old."""
    cast = Cast()
    grants.grant(source=cast.shop, verb="manage", to=cast.vera, by=None, reason="Owner")
    grants.grant(source=cast.shop, verb="view", to=Group.objects.get(name="viewer"), by=None, reason="All of them")
    for model in (SourceUserGrant, SourceGroupGrant):
        model.objects.update(granted_at=timezone.now() - timedelta(days=100))
    return cast


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client


def rows(review: AccessReview, source: Source) -> dict[str, ReviewedGrant]:
    return {grants.label_of(row.grantee): row for row in review.grants.filter(source=source)}


def verbs(source: Source) -> dict[str, set[str]]:
    return {grants.label_of(one.grantee): set(one.grants) for one in grants.granted(source)}


def test_what_is_confirmed_stays_and_what_nobody_confirms_falls(cast: Cast) -> None:
    now = timezone.now()
    review = access_review.start(by=cast.root, now=now)
    asked = rows(review, cast.shop)
    assert {name: set(row.verbs) for name, row in asked.items()} == {
        "ada": {"view", "steward"}, "bob": {"view", "steward"}, "vera": {"view", "manage"}, "root": {"view", "steward"},
        "viewer": {"view"},
    }  # fmt: skip
    with pytest.raises(access_review.ReviewNotAllowed, match="open already"):
        access_review.start(by=cast.root, now=now)
    assert access_review.confirm(review=review, row_ids=[asked["ada"].id, asked["viewer"].id], by=cast.vera) == 2
    assert access_review.withdraw(review=review, row_ids=[asked["bob"].id], by=cast.vera) == 1
    with pytest.raises(access_review.ReviewNotAllowed, match="Somebody else confirms"):
        access_review.confirm(review=review, row_ids=[asked["vera"].id], by=cast.vera)
    with pytest.raises(access_review.ReviewNotAllowed, match="not yours"):
        access_review.confirm(review=review, row_ids=[rows(review, cast.crm)["ada"].id], by=cast.vera)
    with pytest.raises(access_review.ReviewNotAllowed, match="decided already"):
        access_review.confirm(review=review, row_ids=[asked["ada"].id], by=cast.root)
    access_review.confirm(review=review, row_ids=[asked["vera"].id], by=cast.root)
    grants.grant(source=cast.shop, verb="manage", to=cast.root, by=None, reason="Newer than the review")
    assert access_review.close_due(now=now + timedelta(days=29)) == 0
    assert access_review.close_due(now=now + timedelta(days=31)) == 4  # root on the shop, and three on the CRM
    assert verbs(cast.shop) == {
        "ada": {"view", "steward"}, "vera": {"view", "manage"}, "viewer": {"view"}, "root": {"view", "manage"},
    }  # fmt: skip
    assert verbs(cast.crm) == {} and not Source.objects.visible_to(cast.ada).filter(pk=cast.crm.pk).exists()
    lapsed = AuditEvent.objects.filter(action="source.grant_lapsed")
    assert lapsed.filter(detail__source="crm", detail__grantee="ada").count() == 2
    closed = AuditEvent.objects.get(action="access_review.closed").detail
    assert closed == {"confirmed": 3, "withdrawn": 1, "lapsed": 4}


def test_the_calendar_begins_one_in_each_quarter_and_leaves_fresh_grants_out(cast: Cast) -> None:
    def at(month: int, day: int) -> datetime:
        return timezone.make_aware(datetime(2027, month, day))

    SourceUserGrant.objects.filter(user=cast.bob).update(granted_at=at(1, 5))
    access_review.keep_calendar(now=at(1, 6))
    first = AccessReview.objects.get()
    assert "bob" not in rows(first, cast.shop) and "ada" in rows(first, cast.shop)
    for row in first.grants.all():
        access_review.confirm(review=first, row_ids=[row.id], by=cast.eve if row.user == cast.root else cast.root)
    access_review.keep_calendar(now=at(2, 10))
    access_review.keep_calendar(now=at(3, 31))
    assert AccessReview.objects.count() == 1 and not access_review.current()
    access_review.keep_calendar(now=at(4, 1))
    assert AccessReview.objects.count() == 2 and "bob" in rows(access_review.current(), cast.shop)


@pytest.fixture(autouse=True)
def eve_administers(cast: Cast) -> None:
    """Somebody besides root: nobody confirms their own."""
    cast.eve.groups.add(Group.objects.get(name="administrator"))


def test_managers_decide_on_the_page_what_is_theirs(cast: Cast) -> None:
    page = reverse("governance:access-review")
    root, vera, ada = (signed_in(who) for who in (cast.root, cast.vera, cast.ada))
    assert ada.get(page).status_code == 403 and "No review is open" in vera.get(page).content.decode()
    assert vera.post(reverse("governance:start-access-review")).status_code == 403
    root.post(reverse("governance:start-access-review"))
    review = AccessReview.objects.get()
    decide = reverse("governance:decide-grants", args=[review.pk])
    seen = vera.get(page).content.decode()
    assert "Shop" in seen and "Crm" not in seen and "Somebody else confirms" in seen
    assert "Crm" in root.get(page).content.decode()
    asked = rows(review, cast.shop)
    vera.post(decide, {"verdict": "confirm", "grant": [asked["ada"].id]})
    vera.post(decide, {"verdict": "withdraw", "grant": [asked["bob"].id]})
    vera.post(decide, {"verdict": "confirm", "grant": [rows(review, cast.crm)["ada"].id]})  # not hers
    assert ada.post(decide, {"verdict": "confirm", "grant": [asked["root"].id]}).status_code == 403
    outcomes = {name: row.outcome for name, row in rows(review, cast.shop).items() if row.outcome != "open"}
    assert outcomes == {"ada": "confirmed", "bob": "withdrawn"}
    assert set(review.grants.filter(source=cast.crm).values_list("outcome", flat=True)) == {"open"}
    assert "bob" not in verbs(cast.shop)
    root.post(decide, {"verdict": "confirm", "grant": [asked["vera"].id]})
    grant = SourceUserGrant.objects.filter(user=cast.ada, content_object=cast.shop).first()
    assert grant.confirmed_by == cast.vera
    assert access_review.close_due(now=timezone.now() + timedelta(days=31))
    ended = vera.get(reverse("governance:reviewed-access", args=[review.pk])).content.decode()
    assert "Lapsed" in ended and "Confirm the chosen" not in ended

"""A second factor that somebody lost is removed by an administrator: audited, sessions ended, the person told."""

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.urls import reverse

from governance import factors
from governance.people import PersonNotAllowed
from profiles.models import AuditEvent
from tests.cast import Cast
from tests.governance.test_sign_in import add_app, confirm, sign_in

pytestmark = pytest.mark.django_db


def test_who_lost_a_phone_gets_in_again_and_is_told(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = Cast()
    cast.ada.email = "ada@post.example"
    cast.ada.save()
    phone, _ = sign_in("ada")
    add_app(phone)
    key = Authenticator.objects.create(user=cast.ada, type="webauthn", data={"name": "blue", "credential": {}})
    admin, _ = sign_in("root")
    confirm(admin)
    page, act = (
        reverse("governance:person", args=[cast.ada.pk]),
        reverse("governance:remove-factor", args=[cast.ada.pk]),
    )
    shown = admin.get(page).content.decode()
    assert "Authenticator app" in shown and "Security key blue" in shown
    app = Authenticator.objects.get(user=cast.ada, type="totp")
    assert admin.post(act, {"factor-factor": app.pk, "factor-reason": ""}).status_code == 422
    admin.post(act, {"factor-factor": app.pk, "factor-reason": "Lost it"})
    assert phone.get("/").status_code == 302  # signed out at once
    assert set(Authenticator.objects.filter(user=cast.ada).values_list("type", flat=True)) == {
        "webauthn",
        "recovery_codes",
    }
    admin.post(act, {"factor-factor": key.pk, "factor-reason": "Lost that too"})
    assert not Authenticator.objects.filter(user=cast.ada).exists()  # recovery codes of nothing are no factor
    told = AuditEvent.objects.filter(action="user.factor_removed").order_by("id")
    assert [(row.actor_name, row.detail["factor"], row.detail["reason"]) for row in told] == [
        ("root", "totp", "Lost it"), ("root", "webauthn", "Lost that too"),
    ]  # fmt: skip
    assert [message.to for message in mail.outbox] == [["ada@post.example"]] * 2
    assert "Security key blue" in mail.outbox[1].body and "did not ask" in mail.outbox[1].body
    settings.SECOND_FACTOR_REQUIRED = True
    again, _ = sign_in("ada")
    assert again.get(reverse("profiles:customers")).url == reverse("mfa_index")
    monkeypatch.setattr("governance.factors.send_mail", lambda *_: (_ for _ in ()).throw(OSError()))
    settings.SECOND_FACTOR_REQUIRED = False
    add_app(sign_in("ada")[0])
    app = Authenticator.objects.get(user=cast.ada, type="totp")
    said = admin.post(act, {"factor-factor": app.pk, "factor-reason": "r"}, follow=True).content.decode()
    assert "tell the person yourself" in said and not Authenticator.objects.filter(user=cast.ada).exists()


def test_nobody_removes_their_own_or_a_superusers() -> None:
    cast = Cast()
    mine = Authenticator.objects.create(user=cast.root, type="totp", data={})
    with pytest.raises(PersonNotAllowed, match="their own"):
        factors.remove(user=cast.root, factor_id=mine.pk, by=cast.root, reason="r")
    cast.eve.is_superuser = True
    cast.eve.save()
    theirs = Authenticator.objects.create(user=cast.eve, type="totp", data={})
    with pytest.raises(PersonNotAllowed, match="superuser"):
        factors.remove(user=cast.eve, factor_id=theirs.pk, by=cast.root, reason="r")
    with pytest.raises(PersonNotAllowed, match="no such factor"):
        factors.remove(user=cast.ada, factor_id=theirs.pk, by=cast.root, reason="r")
    assert Authenticator.objects.count() == 2

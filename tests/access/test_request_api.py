"""Other systems file, follow and take back privacy requests, in the shape of OpenDSR."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from governance.claims import unseal
from governance.models import PrivacyRequest
from profiles import tokens
from profiles.models import User
from tests.cast import profile_of
from tests.governance.requests_world import Office, run_jobs, sent

pytestmark = pytest.mark.django_db
PLACE = "/api/v1/opendsr/"


class System:
    """Another system with a token of its own."""

    def __init__(self, office: Office, name: str) -> None:
        account = User.objects.create_user(name, is_service=True)
        account.groups.add(*office.person(f"{name}-person", "integrator").groups.all())
        issued = tokens.issue(
            account=account, name="x", scopes=["requests:file"], days=1, by=office.cast.root, now=timezone.now()
        )
        self.headers = {"Authorization": f"Bearer {issued.text}"}

    def ask(self, method: str, path: str, data: object = None) -> HttpResponse:
        more = {"data": data, "content_type": "application/json"} if data is not None else {}
        return getattr(Client(), method)(f"{PLACE}{path}", headers=self.headers, **more)


def request(**changes: object) -> dict[str, object]:
    given = {
        "subject_request_id": str(uuid4()), "regulation": "ccpa", "subject_request_type": "erasure",
        "submitted_time": (timezone.now() - timedelta(days=2)).isoformat(),
        "subject_identities": [{"identity_type": "email", "identity_value": "ada@post.example", "identity_format": "raw"}],
    }  # fmt: skip
    return given | changes


def test_a_request_is_filed_once_followed_and_taken_back() -> None:
    office = Office()
    system, other = System(office, "shop-system"), System(office, "other-system")
    told = system.ask("get", "discovery").json()
    assert "erasure" in told["supported_subject_request_types"] and "gdpr" in told["supported_regulations"]
    given = request()
    answer = system.ask("post", "requests", given)
    assert answer.status_code == 201, answer.content
    assert system.ask("post", "requests", given).status_code == 200
    filed = PrivacyRequest.objects.get()
    assert (filed.kind, filed.door, filed.regime) == ("deletion", "api", "california")
    assert answer.json()["expected_completion_time"][:10] == filed.due_at.isoformat()[:10]
    assert unseal(filed).email == "ada@post.example"
    run_jobs(deliver=False)
    assert sent("code")[0].recipient == "ada@post.example"  # the caller's word proves nobody
    path = f"requests/{given['subject_request_id']}"
    assert system.ask("get", path).json()["request_status"] == "pending"
    assert other.ask("get", path).status_code == 404
    assert system.ask("delete", path).json()["request_status"] == "cancelled"
    assert system.ask("delete", path).status_code == 409
    assert profile_of(office.cast.shop, "1").state == "active"


def test_what_cannot_be_taken_is_told_member_by_member() -> None:
    system = System(Office(), "shop-system")
    late = (timezone.now() - timedelta(days=500)).isoformat()
    for changes, pointer in (
        ({"regulation": "none"}, "#/regulation"),
        ({"submitted_time": late}, "#/submitted_time"),
        ({"subject_identities": []}, "#/subject_identities"),
    ):
        answer = system.ask("post", "requests", request(**changes))
        assert answer.status_code == 400 and answer.headers["Content-Type"] == "application/problem+json"
        assert any(fault["pointer"].startswith(pointer) for fault in answer.json()["errors"]), answer.json()
    assert not PrivacyRequest.objects.exists()

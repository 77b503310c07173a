"""Several proposals decided by one word: all or none, each with its decision; more than twenty by a second person."""

import pytest
from django.test import Client
from django.urls import reverse

from matching import deciding_together, identity, undo
from matching.models import Decision, Proposal
from profiles import approvals
from profiles.models import Approval, AuditEvent
from tests.cast import Cast, profile_of, same, send
from tests.site.test_screens import propose

pytestmark = pytest.mark.django_db
PAGE = "matching:decide-together"


@pytest.fixture
def cast() -> Cast:
    """24 pairs of a customer of the shop and one of the CRM that the engine would not join."""
    cast = Cast()
    send(cast.shop, *({"id": f"s{n}", "name": f"Given{n}x Family{n}y"} for n in range(24)))
    send(cast.crm, *({"id": f"c{n}", "name": f"Other{n}v Name{n}w"} for n in range(24)))
    for n in range(24):
        propose(profile_of(cast.shop, f"s{n}"), profile_of(cast.crm, f"c{n}"))
    return cast


def client_of(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client


def chosen(n: int) -> list[int]:
    return list(Proposal.objects.awaiting_review().order_by("id").values_list("id", flat=True)[:n])


def merged(cast: Cast) -> int:
    return sum(same((cast.shop, f"s{n}"), (cast.crm, f"c{n}")) for n in range(24))


def post(user: object, proposals: list[int], versions: str | None = None, verdict: str = "same") -> object:
    client = client_of(user)
    shown = client.get(reverse(PAGE)).context["versions"]
    said = {"proposals": proposals, "verdict": verdict, "reason": "same town", "versions": versions or shown}
    return client.post(reverse(PAGE), said, follow=True)


def test_a_few_are_decided_at_once_each_with_its_decision_and_its_undo(cast: Cast) -> None:
    page = client_of(cast.ada).get(reverse(PAGE))
    assert page.context["total"] == 24 and page.content.decode().count(' checked><span class="form-check-label">') == 24
    assert reverse(PAGE) in client_of(cast.ada).get(reverse("matching:queue")).content.decode()
    before, ids = AuditEvent.objects.count(), chosen(3)
    assert "Decided 3 of 3: the same" in post(cast.ada, ids).content.decode()
    assert (
        merged(cast) == 3 and Decision.objects.filter(proposal__in=ids, actor=cast.ada, reason="same town").count() == 3
    )
    written = list(AuditEvent.objects.filter(action__startswith="proposal.").values_list("action", flat=True))
    assert sorted(written) == ["proposal.decided"] * 3 + ["proposal.decided_together"]
    assert AuditEvent.objects.count() > before
    undo.undo(operation=Decision.objects.first().operation, by=cast.ada, reason="r")
    assert merged(cast) == 2
    assert "Decided 2 of 2: not the same" in post(cast.ada, chosen(2), verdict="not_same").content.decode()


def test_more_than_twenty_take_a_second_person_who_sees_the_pairs(cast: Cast) -> None:
    ids = chosen(21)
    with pytest.raises(identity.SecondPersonNeeded):
        deciding_together.decide(proposals=ids, verdict="same", by=cast.ada, reason="r")
    assert "a second person" in post(cast.ada, ids).content.decode()
    asked = Approval.objects.get()
    assert merged(cast) == 0 and (asked.kind, len(asked.plan["pairs"])) == ("decide_together", 21)
    look = reverse("matching:asked-together", args=[asked.pk])
    assert client_of(cast.bob).get(look).status_code == 404  # stewards the shop only, and approves nothing
    page = client_of(cast.root).get(look)
    assert "Given20x" in page.content.decode()
    read = AuditEvent.objects.filter(action="customer.searched", actor_id=cast.root.pk).first()
    assert len(read.subject_ids) == 42
    with pytest.raises(approvals.ApprovalNotAllowed, match="second person"):
        approvals.approve(approval=asked, by=cast.ada)
    assert approvals.approve(approval=asked, by=cast.root).state == "approved"
    assert merged(cast) == 21 and Decision.objects.filter(actor=cast.ada).count() == 21


def test_what_has_changed_since_is_not_approved(cast: Cast) -> None:
    asked = deciding_together.ask(proposals=chosen(21), verdict="same", by=cast.ada, reason="r")
    deciding_together.decide(proposals=chosen(1), verdict="not_same", by=cast.ada, reason="r")
    assert approvals.approve(approval=asked, by=cast.root).state == "outdated"
    assert merged(cast) == 0


def test_all_or_none_and_only_what_may_be_decided_with_others(cast: Cast) -> None:
    assert client_of(cast.bob).get(reverse(PAGE)).context["total"] == 0  # stewards one end
    assert post(cast.bob, chosen(1), versions="{}").status_code == 422
    first = Proposal.objects.order_by("id").first()
    stale = f'{{"{first.left_id}": 99}}'
    assert "changed by someone else" in post(cast.ada, [first.pk], versions=stale).content.decode()
    for field in ("left_id", "right_id"):  # people confirm both ends of a pair: it takes a second person by itself
        end = getattr(first, field)
        send(cast.shop, {"id": f"x{field}", "name": f"Somebody {field}"}, name=f"{field}.jsonl")
        identity.merge(survivor=end, losers=[profile_of(cast.shop, f"x{field}").id], by=cast.ada, reason="r")
    page = client_of(cast.ada).get(reverse(PAGE))
    assert (page.context["total"], page.context["others"]) == (23, 1)
    with pytest.raises(identity.ChangeNotAllowed, match="Leave it out"):
        deciding_together.decide(proposals=chosen(3), verdict="same", by=cast.ada, reason="r")
    assert merged(cast) == 0


def test_pairs_that_hang_together_become_one_customer(cast: Cast) -> None:
    a, b, c = profile_of(cast.shop, "s0"), profile_of(cast.crm, "c0"), profile_of(cast.shop, "s1")
    propose(b, c)
    propose(a, c)
    ids = [one.pk for one in Proposal.objects.all() if {one.left_id, one.right_id} <= {a.id, b.id, c.id}]
    assert len(ids) == 3
    made = deciding_together.decide(proposals=ids, verdict="same", by=cast.ada, reason="r")
    assert same((cast.shop, "s0"), (cast.crm, "c0"), (cast.shop, "s1")) and len(made) in (2, 3)

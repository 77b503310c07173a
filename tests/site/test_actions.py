"""Every verb writes exactly the audit events it says, and when the audit cannot be written, nothing has changed."""

import ast
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import access_review, people, services
from matching import (
    brakes,
    constraints,
    identity,
    models_in_force,
    proposing,
    publishing,
    review,
    second_person,
    shadow,
    undo,
)
from matching import drafts as model_drafts
from matching import evaluation as evaluations
from matching.models import CannotLink, Evaluation, MatchModel, Proposal, Publication, RunBrake
from profiles import approvals, conflicts, corrections, drafts, flags, grants, imports, reveals, schema, tokens
from profiles.models import AuditEvent, Correction, Flag, Job, SchemaVersion, ServiceToken, User
from tests.cast import Cast, profile_of, record, send, send_bytes
from tests.databases import as_owner
from tests.site.test_screens import propose

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cast() -> Cast:
    """Ada and Cy in the shop, Emmy in the CRM: three customers, one proposal, one row set aside."""
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"}, {"id": "2", "name": "Cy Day"})
    send(cast.crm, {"id": "9", "name": "Emmy Noether", "mail": "emmy@post.example"})
    send_bytes(cast.shop, b'{"name": "no id"}', name="bad.jsonl")
    propose(profile_of(cast.shop, "1"), profile_of(cast.crm, "9"))
    return cast


def ends(cast: Cast) -> tuple:
    return profile_of(cast.shop, "1"), profile_of(cast.shop, "2")


def merge(cast: Cast) -> object:
    kept, lost = ends(cast)
    return identity.merge(survivor=kept.id, losers=[lost.id], by=cast.ada, reason="r")


def split(cast: Cast) -> Callable:
    merge(cast)
    return lambda: identity.split(
        profile=profile_of(cast.shop, "1").id, record_ids=[record(cast.shop, "2").id], by=cast.ada, reason="r"
    )


def move(cast: Cast) -> Callable:
    merge(cast)
    ids, to = [record(cast.shop, "2").id], profile_of(cast.crm, "9").id
    return lambda: identity.move(record_ids=ids, to_profile=to, by=cast.ada, reason="r")


def merge_by_two(cast: Cast, act: Callable | None = None) -> Callable:
    """What takes a second person: the merge of two customers that ada has confirmed; asked for, where there is an act."""
    merge(cast)
    send(cast.shop, {"id": "3", "name": "Grace Hopper"}, name="grace.jsonl")
    grace, emmy = profile_of(cast.shop, "3"), profile_of(cast.crm, "9")
    identity.merge(survivor=emmy.id, losers=[grace.id], by=cast.ada, reason="r")
    given = {"left": profile_of(cast.shop, "1").id, "right": emmy.id, "survivor": emmy.id, "confirmed": []}
    if act is None:
        return lambda: second_person.ask_for_merge(**given, by=cast.ada, reason="r")
    asked = second_person.ask_for_merge(**given, by=cast.ada, reason="r")
    return lambda: act(approval=asked, by=cast.root)


def undo_by_two(cast: Cast) -> Callable:
    operation = merge(cast)
    identity.merge(survivor=operation.profile_id, losers=[profile_of(cast.crm, "9").id], by=cast.ada, reason="r")
    return lambda: second_person.ask_for_undo(operation=operation, never_again=True, by=cast.ada, reason="r")


def ask_again(cast: Cast) -> Callable:
    undo_by_two(cast)
    arguments = {"operation": str(merge_of(cast)), "never_again": True}
    return lambda: approvals.request(
        kind="partial_undo", subject_id="1", arguments=arguments, by=cast.ada, reason="r"
    )  # fmt: skip


def merge_of(cast: Cast) -> object:
    return record(cast.shop, "2").moves.get().operation_id


def release_brake(cast: Cast) -> Callable:
    stopped = RunBrake.objects.create(
        batch=record(cast.shop, "1").batch, customers=3, state="on", wanted=2, limit=1, stopped_at=timezone.now()
    )
    return lambda: brakes.release(brake=stopped, by=cast.ada, reason="r")


def undone(cast: Cast) -> Callable:
    operation = merge(cast)
    return lambda: undo.undo(operation=operation, by=cast.ada, reason="r")


def decide(verdict: str) -> Callable:
    def prepared(cast: Cast) -> Callable:
        proposal = Proposal.objects.get()
        return lambda: review.decide(proposal=proposal, verdict=verdict, by=cast.ada, reason="r")

    return prepared


def compare(verdict: str) -> Callable:
    def prepared(cast: Cast) -> Callable:
        left, right = ends(cast)
        return lambda: review.compare_decide(left=left.id, right=right.id, verdict=verdict, by=cast.ada, reason="r")

    return prepared


def revoke(verb: Callable) -> Callable:
    def prepared(cast: Cast) -> Callable:
        review.decide(proposal=Proposal.objects.get(), verdict="not_same", by=cast.ada, reason="r")
        return lambda: verb(cannot_link=CannotLink.objects.get(), by=cast.ada, reason="r")

    return prepared


def correct(cast: Cast) -> Callable:
    row = record(cast.shop, "1")
    return lambda: corrections.correct(record=row, field="email", values=["n@post.example"], reason="r", by=cast.ada)


def release(cast: Cast) -> Callable:
    correct(cast)()
    return lambda: corrections.release(correction=Correction.objects.get(), by=cast.ada)


def keep(cast: Cast) -> Callable:
    correct(cast)()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "third@post.example"}, name="c.jsonl")
    made, revision = Correction.objects.get(), record(cast.shop, "1").revision
    return lambda: conflicts.keep(correction=made, revision=revision, by=cast.ada)


def flag(cast: Cast) -> Callable:
    row = record(cast.shop, "1")
    return lambda: flags.flag(record=row, field="email", value="ada@post.example", note="n", by=cast.vera)


def answer(cast: Cast) -> Callable:
    flag(cast)()
    made = Flag.objects.get()
    return lambda: flags.answer(flag=made, outcome="told", text="t", by=cast.ada)


def receive(cast: Cast) -> Callable:
    return lambda: imports.receive_file(source=cast.shop, name="n.jsonl", content=io.BytesIO(b"{}"), by=cast.ada)


def bad_batch(cast: Cast) -> object:
    return cast.shop.batches.get(file_name="bad.jsonl")


def replay(cast: Cast) -> Callable:
    batch = bad_batch(cast)
    cells = {batch.quarantine.get().id: {"id": "7", "name": "Grace Hopper"}}
    return lambda: imports.replay(batch=batch, mended=cells, by=cast.ada)


def dismiss(cast: Cast) -> Callable:
    batch = bad_batch(cast)
    ids = [batch.quarantine.get().id]
    return lambda: imports.dismiss(batch=batch, row_ids=ids, by=cast.ada)


def undo_import(cast: Cast) -> Callable:
    batch = bad_batch(cast)
    return lambda: imports.undo_import(batch=batch, by=cast.ada)


def publish(cast: Cast) -> Callable:
    cast.shop.mappings.filter(column="tel").update(target="free:tel")
    return lambda: schema.publish(by=cast.root)


def publish_content(cast: Cast) -> Callable:
    content = schema.draft()
    return lambda: schema.publish_content(content, by=cast.root, note="n")


def publish_again(cast: Cast) -> Callable:
    good = SchemaVersion.objects.first()
    publish(cast)()
    return lambda: drafts.publish_again(version=good, by=cast.root)


def restore_draft(cast: Cast) -> Callable:
    cast.shop.mappings.filter(column="tel").update(target="free:tel")
    return lambda: drafts.restore_draft(by=cast.root)


def publish_model(cast: Cast) -> Callable:
    content = {**MatchModel.objects.get().content, "label": "mine"}
    mine = MatchModel.objects.create(label="mine", content=content)
    return lambda: models_in_force.publish(model=mine, by=cast.root)


def model_draft(cast: Cast) -> MatchModel:
    return model_drafts.copy(model=MatchModel.objects.get(), label="mine", note="", by=cast.root)


def on_a_draft(act: Callable) -> Callable:
    """A verb on a draft of the match model."""

    def prepared(cast: Cast) -> Callable:
        draft = model_draft(cast)
        return lambda: act(draft, cast.root)

    return prepared


def on_a_request(act: Callable) -> Callable:
    """A verb on the request to put a draft in force."""

    def prepared(cast: Cast) -> Callable:
        draft = model_draft(cast)
        asked = Publication.objects.create(model=draft, model_digest=draft.digest, reason="r", requested_by=cast.ada)
        return lambda: act(asked, cast)

    return prepared


def ask_again_for_an_older_model(cast: Cast) -> Callable:
    shipped = MatchModel.objects.get()
    models_in_force.publish(model=model_draft(cast), by=None)
    shipped.refresh_from_db()
    return lambda: publishing.request(model=shipped, by=cast.root, reason="r")


def refit_model(cast: Cast) -> Callable:
    compare("not_same")(cast)()
    model = MatchModel.objects.get()
    return lambda: model_drafts.copy_refitted(model=model, label="mine", note="", by=cast.root)


def edit_model(draft: MatchModel, by: User) -> object:
    content = {**draft.content, "prior": -9}
    return model_drafts.edit(draft=draft, content=content, note="", expected=1, by=by)


def start_shadow(draft: MatchModel, by: User) -> object:
    return shadow.start(model=draft, against=MatchModel.objects.get(state="published"), by=by)


def approve(asked: Publication, cast: Cast) -> object:
    return publishing.approve(publication=asked, by=cast.root)


def reject(asked: Publication, cast: Cast) -> object:
    return publishing.reject(publication=asked, by=cast.root, answer="no")


def withdraw(asked: Publication, cast: Cast) -> object:
    return publishing.reject(publication=asked, by=cast.ada, answer="no")


def on_people(act: Callable, *, switched_off: bool = False) -> Callable:
    """A verb of an administrator about ada."""

    def prepared(cast: Cast) -> Callable:
        if switched_off:
            people.deactivate(user=cast.ada, by=cast.root, reason="r")
        return lambda: act(user=cast.ada, by=cast.root)

    return prepared


def invited(cast: Cast) -> User:
    names = {"username": "nina", "email": "nina@post.example", "first_name": "N", "last_name": "S"}
    return people.invite(**names, roles=["viewer"], by=cast.root)


def invite_again(cast: Cast) -> Callable:
    nina = invited(cast)
    return lambda: people.invite_again(user=nina, by=cast.root)


def issue_token(cast: Cast) -> Callable:
    User.objects.create_user("load", is_service=True)
    return lambda: issued(cast)


def issued(cast: Cast) -> ServiceToken:
    account = User.objects.get(username="load")
    return tokens.issue(
        account=account, name="n", scopes=["customers:read"], days=1, by=cast.root, now=timezone.now()
    ).token


def revoke_token(cast: Cast) -> Callable:
    token = issue_token(cast)()
    return lambda: tokens.revoke(token=token, by=cast.root, now=timezone.now())


def on_the_shop(act: Callable, **given: object) -> Callable:
    """A verb on who may view the shop."""
    return lambda cast: lambda: act(source=cast.shop, by=cast.root, **{k: v(cast) for k, v in given.items()})


def on_a_review(act: Callable) -> Callable:
    """A verb on what bob may do with the shop, in an access review."""

    def prepared(cast: Cast) -> Callable:
        review = access_review.start(by=cast.root, now=timezone.now())
        row = review.grants.get(source=cast.shop, user=cast.bob)
        return lambda: act(review=review, row_ids=[row.id], by=cast.root)

    return prepared


def through_the_site(name: str, state: str) -> Callable:
    def prepared(cast: Cast) -> Callable:
        Job.objects.filter(state="queued").update(state=state)
        job, client = Job.objects.filter(state=state).first(), Client()
        client.force_login(cast.root)
        return lambda: client.post(reverse(name, args=[job.pk]))

    return prepared


def evaluation(cast: Cast) -> Callable:
    def kept() -> object:
        found = Evaluation(model_label="default-1", model_digest="d", kind="file", set_name="s", figures={}, errors={})
        return evaluations.keep(evaluation=found, by=cast.root)

    return kept


MERGED_BY_TWO = ["identity.merged", "proposal.decided", "approval.approved"]
# module.verb, what prepares it, and the audit events it writes, in order
VERBS: list[tuple[str, Callable, list[str]]] = [
    ("matching.identity.merge", lambda cast: lambda: merge(cast), ["identity.merged"]),
    ("matching.identity.split", split, ["identity.split"]),
    ("matching.identity.move", move, ["identity.moved"]),
    ("matching.undo.undo", undone, ["identity.undone"]),
    ("matching.second_person.ask_for_merge", merge_by_two, ["approval.requested"]),
    ("matching.second_person.ask_for_undo", undo_by_two, ["approval.requested"]),
    ("profiles.approvals.request", ask_again, ["approval.requested"]),
    ("profiles.approvals.approve", lambda cast: merge_by_two(cast, approvals.approve), MERGED_BY_TWO),
    ("profiles.approvals.reject", lambda cast: merge_by_two(cast, approvals.reject), ["approval.rejected"]),
    ("matching.brakes.release", release_brake, ["run_brake.released"]),
    ("matching.review.decide", decide("same"), ["identity.merged", "proposal.decided"]),
    ("matching.review.decide", decide("not_same"), ["proposal.decided"]),
    ("matching.review.decide", decide("unsure"), ["proposal.decided"]),
    ("matching.review.compare_decide", compare("same"), ["identity.merged", "pair.decided"]),
    ("matching.review.compare_decide", compare("not_same"), ["pair.decided"]),
    ("matching.constraints.revoke", revoke(constraints.revoke), ["cannot_link.revoked"]),
    ("matching.proposing.revoke", revoke(proposing.revoke), ["cannot_link.revoked"]),
    ("matching.models_in_force.publish", publish_model, ["model.published"]),
    ("matching.evaluation.keep", evaluation, ["model.evaluated"]),
    ("matching.drafts.copy", lambda cast: lambda: model_draft(cast), ["model.drafted"]),
    ("matching.drafts.copy_refitted", refit_model, ["model.drafted"]),
    ("matching.drafts.edit", on_a_draft(edit_model), ["model.edited"]),
    ("matching.drafts.discard", on_a_draft(lambda d, by: model_drafts.discard(draft=d, by=by)), ["model.discarded"]),
    ("matching.shadow.start", on_a_draft(start_shadow), ["model.shadow_run"]),
    ("matching.publishing.request", ask_again_for_an_older_model, ["model.publication_requested"]),
    ("matching.publishing.approve", on_a_request(approve), ["model.published"]),
    ("matching.publishing.reject", on_a_request(reject), ["model.publication_rejected"]),
    ("matching.publishing.reject", on_a_request(withdraw), ["model.publication_withdrawn"]),
    ("profiles.corrections.correct", correct, ["record.corrected"]),
    ("profiles.corrections.release", release, ["record.correction_released"]),
    ("profiles.conflicts.keep", keep, ["record.correction_kept"]),
    ("profiles.flags.flag", flag, ["customer.flagged"]),
    ("profiles.flags.answer", answer, ["flag.answered"]),
    ("profiles.reveals.reveal", lambda cast: lambda: reveals.reveal(
        profile=profile_of(cast.shop, "1"), purpose="caller", ticket="CALL-7", by=cast.vera), ["customer.revealed"]),
    ("profiles.imports.receive_file", receive, ["batch.received"]),
    ("profiles.imports.replay", replay, ["quarantine.replayed"]),
    ("profiles.imports.dismiss", dismiss, ["quarantine.dismissed"]),
    ("profiles.imports.undo_import", undo_import, ["batch.undo_asked"]),
    ("profiles.grants.grant", on_the_shop(
        grants.grant, verb=lambda _: "steward", to=lambda cast: cast.eve, reason=lambda _: "r"), ["source.granted"] * 2),
    ("profiles.grants.revoke", on_the_shop(
        grants.revoke, verb=lambda _: "steward", grantee=lambda cast: cast.bob, reason=lambda _: "r"
    ), ["source.grant_withdrawn"]),
    ("profiles.grants.grant_new_source", on_the_shop(
        grants.grant_new_source, groups=lambda cast: cast.bob.groups.all()), ["source.granted"] * 2),
    ("governance.people.invite", lambda cast: lambda: invited(cast), ["user.invited", "user.role_given"]),
    ("governance.people.invite_again", invite_again, ["user.invited"]),
    ("governance.people.set_roles", on_people(partial(people.set_roles, roles=["viewer"], reason="r")),
     ["user.role_given", "user.role_taken"]),
    ("governance.people.deactivate", on_people(partial(people.deactivate, reason="r")), ["user.deactivated"]),
    ("governance.people.reactivate", on_people(partial(people.reactivate, reason="r"), switched_off=True),
     ["user.reactivated"]),
    ("governance.people.hand_over", lambda cast: lambda: people.hand_over(
        user=cast.ada, to=cast.bob, by=cast.root, reason="r"), ["user.work_handed_over"]),
    ("governance.services.make", lambda cast: lambda: services.make(
        username="load", roles=["integrator"], by=cast.root, reason="r"), ["user.service_made", "user.role_given"]),
    ("profiles.tokens.issue", issue_token, ["token.issued"]),
    ("profiles.tokens.revoke", revoke_token, ["token.revoked"]),
    ("governance.access_review.start", lambda cast: lambda: access_review.start(by=cast.root, now=timezone.now()),
     ["access_review.started"]),
    ("governance.access_review.confirm", on_a_review(access_review.confirm), ["source.grant_confirmed"]),
    ("governance.access_review.withdraw", on_a_review(access_review.withdraw), ["source.grant_withdrawn"] * 2),
    ("profiles.schema.publish", publish, ["schema.published"]),
    ("profiles.schema.publish_content", publish_content, ["schema.published"]),
    ("profiles.drafts.publish_again", publish_again, ["schema.published"]),
    ("profiles.drafts.restore_draft", restore_draft, ["schema.draft_restored"]),
    ("profiles.views.operations.cancel_job", through_the_site("profiles:cancel-job", "queued"), ["job.cancelled"]),
    ("profiles.views.operations.retry_job", through_the_site("profiles:retry-job", "failed"), ["job.retried"]),
]  # fmt: skip
# parts of a verb: the verb that calls them writes the row
PARTS = {"matching.constraints.write", "matching.review.void_decision_of"}
IDS = [f"{name.rpartition('.')[2]}-{n}" for n, (name, _, _) in enumerate(VERBS)]


@pytest.mark.parametrize(("prepare", "events"), [row[1:] for row in VERBS], ids=IDS)
def test_a_verb_writes_its_audit_events_or_changes_nothing(cast: Cast, prepare: Callable, events: list) -> None:
    verb = prepare(cast)
    connection.check_constraints()
    before = everything()
    with broken_audit(), pytest.raises(DatabaseError, match="the audit is closed"), transaction.atomic():
        verb()
    assert everything() == before
    newest = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    verb()
    written = AuditEvent.objects.filter(id__gt=newest).order_by("id").values_list("action", flat=True)
    assert list(written) == events


class broken_audit:
    """The audit refuses every row."""

    def __enter__(self) -> None:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION close_audit() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'the audit is closed'; END $$;"
                "CREATE TRIGGER closed BEFORE INSERT ON profiles_auditevent FOR EACH ROW EXECUTE FUNCTION close_audit()"
            )

    def __exit__(self, *_: object) -> None:
        if connection.needs_rollback:  # which takes it away
            return
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER closed ON profiles_auditevent; DROP FUNCTION close_audit()")


def everything() -> dict[str, str]:
    """A fingerprint of every table's rows; sessions aside, which a request touches."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table != "django_session":
                cursor.execute(
                    f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t"
                )
                found[table] = cursor.fetchone()[0]
    return found


def verbs_in_code() -> set[str]:
    """Public functions that are told `by` whom: the verbs of the house."""
    found = set()
    for app in ("profiles", "matching", "governance"):
        for path in (ROOT / app).glob("*.py"):
            for node in ast.parse(path.read_text()).body:
                is_public = isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
                if is_public and "by" in {arg.arg for arg in node.args.kwonlyargs}:
                    found.add(f"{app}.{path.stem}.{node.name}")
    return found


def test_every_verb_is_tested_here() -> None:
    assert verbs_in_code() - PARTS == {name for name, _, _ in VERBS if ".views." not in name}


def test_the_ledgers_refuse_update_delete_and_truncate(cast: Cast) -> None:
    undone(cast)()
    review.decide(proposal=Proposal.objects.get(), verdict="not_same", by=cast.ada, reason="r")
    connection.check_constraints()
    for table in ("profiles_identityoperation", "profiles_recordmove", "profiles_auditevent", "matching_decision"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            refused = pytest.raises(DatabaseError, match="append-only")
            with as_owner(), refused, transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")
                assert cursor.fetchone(), table
                cursor.execute(statement)

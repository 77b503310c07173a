"""What the registries hold: forgetting an entry fails, and so does using a code that nobody registered."""

import ast
import contextlib
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import NoReverseMatch, reverse

from cdv_site import pipeline
from governance.erasure.execute import FOLLOWERS
from governance.erasure.targets import TARGETS
from governance.fulfilment import HANDLERS
from matching.steps import STEPS
from profiles import approvals, audit, jobs, work
from profiles.corrections import AFTER_STORE
from profiles.gates import GATES
from profiles.golden import REBUILT
from profiles.panels import PANELS
from profiles.rebuild import MATCHED
from profiles.registry import Registry
from profiles.rotation import SEALED
from profiles.schema import AFTER_PUBLISH
from profiles.timeline import TIMELINE

ROOT = Path(__file__).resolve().parents[2]
APPS = ("profiles", "matching", "governance", "cdv_site")

MODELS = {"evaluate_model", "shadow_run"}
ERASING = {"erase_customer", "lift_suppression"}
FULL_RUN = {"full_run", "full_run_publish", "full_run_undo"}
CONSENT = {"consent_spread", "consent_import"}
EXPECTED = [
    (
        jobs.KINDS,
        {"import", "undo_import", "rebuild", "resolve", "rekey", "match_again"}
        | MODELS
        | FULL_RUN
        | CONSENT
        | {"fulfil_request", "admit_request", "deliver_message", "erase_target", "prune"},
    ),
    (
        approvals.KINDS,
        {"decide_together", "merge_verified", "partial_undo", "privacy_request", "request_refusal"} | ERASING,
    ),
    (
        work.KINDS,
        {
            "approval",
            "proposal",
            "split",
            "cluster_stopped",
            "run_brake",
            "flag",
            "correction_conflict",
            "request_due",
            "erasure_notice",
            "consent_conflict",
        },
    ),
    (
        TARGETS,
        {"identity", "records", "derived", "notes", "others", "set_aside", "uploads", "runs", "outbox", "notices"},
    ),
    (HANDLERS, {"correction", "deletion", "objection", "restriction"}),
    (FOLLOWERS, {"requests"}),
    (AFTER_STORE, {"corrections", "keys", "consent"}),
    (AFTER_PUBLISH, {"rebuild", "keys"}),
    (MATCHED, {"engine"}),
    (STEPS, {"privacy_requests", "proposals", "rescore", "consent"}),
    (REBUILT, {"consent"}),
    (TIMELINE, {"corrections", "decisions", "founded", "imports", "operations", "revocations"}),
    (PANELS, {"keeping", "links", "privacy_requests", "consent", "merge_consent", "split_consent"}),
    (GATES, {"suppression"}),
    (
        SEALED,
        {
            "profiles_sourcerecord.payload",
            "profiles_recordversion.payload",
            "profiles_recordversion.sealed",
            "profiles_quarantinedrow.payload",
            "matching_fullrunpiece.content",
        },
    ),
]


@pytest.mark.parametrize(("registry", "names"), EXPECTED, ids=lambda value: getattr(value, "title", ""))
def test_a_registry_holds_what_it_should(registry: Registry, names: set[str]) -> None:
    assert set(registry) == names


def test_two_entries_of_one_name_fail() -> None:
    registry: Registry[int] = Registry("numbers")
    registry.register("one", 1)
    with pytest.raises(ValueError, match="registered twice"):
        registry.register("one", 2)


def sources() -> list[tuple[str, ast.Module]]:
    return [
        (str(path.relative_to(ROOT)), ast.parse(path.read_text()))
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def calls(names: set[str], keyword: str = "") -> set[str]:
    """Text constants that calls of these functions are given: as this keyword, or else first."""
    found = set()
    for _, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in names:
                given = [k.value for k in node.keywords if k.arg == keyword] if keyword else node.args[:1]
                found |= {arg.value for arg in given if isinstance(arg, ast.Constant)}
    return found


def _name(func: ast.expr) -> str:
    parent = func.value.id if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) else ""
    own = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    return f"{parent}.{own}" if parent else own


def constants() -> set[str]:
    return {
        node.value
        for path, tree in sources()
        if not path.endswith("events.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_audit_event_that_is_written_is_registered() -> None:
    written = calls({"audit.record", "audit.read", "audit.event", "record_grant", "grants.record_grant"})
    assert len(written) > 25
    assert written - set(audit.EVENTS) == set()


def test_every_audit_event_that_is_registered_is_written_and_worded() -> None:
    assert set(audit.EVENTS) - constants() == set()
    for name, kind in audit.EVENTS.items():
        assert kind.sentence[0].isupper(), name


def test_every_job_kind_has_a_title_and_a_function_and_its_place_in_the_flow() -> None:
    for kind in jobs.KINDS.values():
        assert kind.title and callable(kind.run)
    assert set(pipeline.FOLLOWS) == set(jobs.KINDS)
    assert {kind for kinds in pipeline.FOLLOWS.values() for kind in kinds} <= set(jobs.KINDS)
    assert calls({"jobs.enqueue", "enqueue"}, "kind") <= set(jobs.KINDS)


def resolvable(url_name: str) -> bool:
    """Whether there is such a page, of a row (by number or by UUID) or of none."""
    for args in ([1], [uuid4()], []):
        with contextlib.suppress(NoReverseMatch):
            return bool(reverse(url_name, args=args))
    return False


def test_every_kind_of_work_item_has_a_title_sentences_and_a_page() -> None:
    for name, kind in work.KINDS.items():
        assert kind.title and all(kind.reasons.values()), name
        assert resolvable(kind.url_name), name
    assert calls({"work.open_item", "open_item"}, "kind") <= set(work.KINDS)


def test_every_step_of_the_flow_is_where_it_says() -> None:
    assert len({step.key for step in pipeline.STEPS}) == len(pipeline.STEPS)
    for step in pipeline.STEPS:
        assert (ROOT / step.module).exists(), step.module
        assert not step.job or step.job in jobs.KINDS
        assert bool(step.waits) == (step.count is not None)

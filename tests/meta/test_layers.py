"""The house holds: imports and foreign keys point left, membership has one writer, every URL has a reader."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey

ROOT = Path(__file__).resolve().parents[2]
ORDER = ["profiles", "matching", "governance", "cdv_site"]
FRAMEWORK = {"auth", "contenttypes"}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("app", ORDER)
def test_imports_point_left(app: str) -> None:
    upper = set(ORDER[ORDER.index(app) + 1 :])
    wrong = {str(p): sorted(imported(p) & upper) for p in (ROOT / app).rglob("*.py") if imported(p) & upper}
    assert wrong == {}


@pytest.mark.parametrize("app", ORDER[:3])
def test_foreign_keys_point_left(app: str) -> None:
    allowed = {*ORDER[: ORDER.index(app) + 1], *FRAMEWORK}
    keys = [f for m in apps.get_app_config(app).get_models() for f in m._meta.get_fields() if isinstance(f, ForeignKey)]
    assert [str(f) for f in keys if f.related_model._meta.app_label not in allowed] == []


@pytest.mark.parametrize("package", ["profiles/canonical", "matching/engine"])
def test_pure_packages_know_no_django(package: str) -> None:
    assert [str(p) for p in (ROOT / package).rglob("*.py") if "django" in imported(p)] == []


def test_only_one_module_writes_memberships() -> None:
    writes = re.compile(
        r"(?<!class )\b(Membership|RecordMove|IdentityOperation)\(\s*\w+=|(Membership|RecordMove)\.objects\.(bulk_)?create"
        r"|(INTO|UPDATE|FROM) profiles_(membership|recordmove|identityoperation) (SET|\()|DELETE FROM profiles_membership"
    )
    writers = {
        str(p.relative_to(ROOT)) for app in ORDER for p in (ROOT / app).rglob("*.py") if writes.search(p.read_text())
    }
    assert writers == {"matching/operations.py"}

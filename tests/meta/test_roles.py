"""Roles are made of declared permissions, and code asks for nothing else."""

import ast
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from cdv_site.demo.loading import GRANTS
from cdv_site.demo_accounts import DEMO_ACCOUNTS
from governance.roles import ROLES
from profiles.permissions import PERMISSIONS

ROOT = Path(__file__).resolve().parents[2]
APPS = ("profiles", "matching", "governance", "cdv_site")
HELD = {codename for role in ROLES for codename in role.permissions}


def test_every_permission_of_a_role_is_declared_and_every_declared_one_is_held() -> None:
    assert set(PERMISSIONS) == HELD


def test_every_role_and_permission_has_a_sentence() -> None:
    for text in (*PERMISSIONS.values(), *(role.purpose for role in ROLES)):
        assert text[0].isupper() and text.endswith(".") and len(text) > 20


def test_code_and_templates_ask_for_declared_permissions_only() -> None:
    """As constants of the permission modules in code, by name in templates."""
    code = [path for app in APPS for path in (ROOT / app).rglob("*.py") if path.name != "permissions.py"]
    literal = {
        str(path.relative_to(ROOT))
        for path in code
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in ASKING
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant)
    }
    assert literal == set()
    templates = "\n".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    assert {f"{app}.{name}" for app, name in re.findall(r"perms\.(\w+)\.(\w+)", templates)} - set(PERMISSIONS) == set()


ASKING = {"permission_required", "has_perm"}


def test_every_role_has_a_sign_in_of_the_demo() -> None:
    assert [role for role, _, _ in DEMO_ACCOUNTS] == [role.name for role in ROLES]
    assert set(GRANTS) <= {role.name for role in ROLES}


@pytest.mark.django_db
def test_roles_are_synced_to_groups() -> None:
    call_command("setup_roles", verbosity=0)
    assert {name.partition(".")[0] for name in PERMISSIONS} <= set(
        Permission.objects.values_list("content_type__app_label", flat=True)
    )
    for role in ROLES:
        given = Group.objects.get(name=role.name).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{code}" for app, code in given} == set(role.permissions)

"""Production settings: clean under `check --deploy`, refused when weak."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.databases import TestDatabase
from tests.unit.test_production import KEY


def manage(database: TestDatabase, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    given = {
        "CDV_PRODUCTION": "yes", "CDV_HTTPS": "yes", "CDV_SECOND_FACTOR": "yes", "SECRET_KEY": KEY,
        "ALLOWED_HOSTS": "cdv.example", "CSRF_TRUSTED_ORIGINS": "https://cdv.example", "DATABASE_URL": database.url,
    }  # fmt: skip
    argv = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        argv, env={**os.environ, **given, **environ}, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("arguments", [("check", "--deploy", "--fail-level", "WARNING", "--database", "default")])
def test_production_settings_are_clean_under_the_deployment_check(
    db: None, django_db_setup: TestDatabase, arguments: tuple
) -> None:
    done = manage(django_db_setup, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (1 silenced)" in done.stdout


def test_weak_ones_are_refused_in_words_all_at_once(django_db_setup: TestDatabase) -> None:
    done = manage(django_db_setup, "check", SECRET_KEY="x", CDV_HTTPS="no", ALLOWED_HOSTS="")
    assert done.returncode != 0
    for word in ("Too weak for production", "SECRET_KEY must be", "CDV_HTTPS must be", "ALLOWED_HOSTS must name"):
        assert word in done.stderr

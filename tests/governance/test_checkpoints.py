"""Checkpoints leave the database: by a command that stores them, again after a failure, and by hand."""

import io
import json
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from governance import checkpoints, sealing
from governance.models import AuditSeal, CheckpointDelivery
from tests.cast import Cast

pytestmark = pytest.mark.django_db
STORE = "import os, sys; open(sys.argv[1], 'x').write(sys.stdin.read() + str('SECRET_KEY' in os.environ))"


def seal(count: int) -> None:
    for n in range(count):
        last = AuditSeal.objects.order_by("-number").first()
        sealing._make([sealing.Waiting(1000 + n, 5 + n, "content")], last, 1, sealing.signer())


def test_what_waits_is_delivered_once_and_a_failure_is_told_and_made_good(settings: object, tmp_path: Path) -> None:
    cast, root = Cast(), Client()
    root.force_login(cast.root)
    assert checkpoints.deliver() == 0 and not CheckpointDelivery.objects.exists()
    seal(3)
    settings.AUDIT_CHECKPOINT_COMMAND = f'{sys.executable} -c "import sys; sys.exit(3)"'
    assert checkpoints.deliver() == 0
    page = root.get(reverse("governance:seals")).content.decode()
    assert "not delivered" in page and "exit status 3" in page
    settings.AUDIT_CHECKPOINT_COMMAND = "no-such-command"
    assert checkpoints.deliver() == 0 and CheckpointDelivery.objects.get().failure == "FileNotFoundError"

    settings.AUDIT_CHECKPOINT_COMMAND = f'{sys.executable} -c "{STORE}" "{tmp_path}/{{first}}-{{last}} of the site"'
    assert (checkpoints.deliver(), checkpoints.deliver()) == (3, 0)
    seal(1)
    assert checkpoints.deliver() == 1
    kept = {path.name: path.read_text().splitlines() for path in tmp_path.iterdir()}
    assert {name: len(lines) - 1 for name, lines in kept.items()} == {
        "000000000001-000000000003 of the site": 3, "000000000004-000000000004 of the site": 1,
    }  # fmt: skip
    assert all(lines[-1] == "False" for lines in kept.values())
    assert [json.loads(line)["number"] for lines in sorted(kept.values()) for line in lines[:-1]] == [1, 2, 3, 4]
    assert "delivered up to seal 4" in root.get(reverse("governance:seals")).content.decode()


def test_all_can_be_written_by_hand(tmp_path: Path) -> None:
    seal(3)
    call_command("audit_checkpoints", to=tmp_path / "kept.jsonl")
    written = (tmp_path / "kept.jsonl").read_text().splitlines()
    assert written == list(checkpoints.lines()) and len(written) == 3
    out = io.StringIO()
    call_command("audit_checkpoints", after=2, stdout=out)
    assert out.getvalue().splitlines() == written[2:]

"""One's own PostgreSQL and Redis: nothing is loaded, the first administrator is asked for, and can sign in."""

import os
import pty
import re
import select
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

from cdv_site import embedded
from profiles.models import SourceRecord, User
from tests.databases import TestDatabase
from tests.launcher import Launcher, launching

PASSWORD = "correct horse battery"


@pytest.fixture
def launcher(fresh_database: object, django_db_setup: TestDatabase, tmp_path: Path) -> Iterator[Launcher]:
    own = {
        "DATABASE_URL": django_db_setup.url,
        "REDIS_URL": django_db_setup.redis_url,
        "SECRET_KEY": "of-a-throw-away-server-that-nobody-else-reaches",
        "CDV_SECOND_FACTOR": "yes",
    }
    with launching(tmp_path / "state", **own) as launcher:
        yield launcher


class Terminal:
    """A terminal that the launcher runs in: answers what it asks."""

    def __init__(self, launcher: Launcher) -> None:
        self.master, slave = pty.openpty()
        self.said = ""
        launcher.process = subprocess.Popen(
            launcher._argv(), env=launcher.env, cwd=embedded.CHECKOUT, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)

    def expect(self, word: str, seconds: float = 90) -> None:
        """Read until it has said this since the last answer."""
        deadline = time.monotonic() + seconds
        while word not in self.said:
            assert time.monotonic() < deadline, self.said
            if select.select([self.master], [], [], 0.2)[0]:
                self.said += os.read(self.master, 4096).decode()

    def answer(self, text: str) -> None:
        self.said = ""
        os.write(self.master, f"{text}\n".encode())


def test_first_administrator_is_asked_for_and_signs_in(launcher: Launcher) -> None:
    terminal = Terminal(launcher)
    terminal.expect("Username:")
    assert "steward-demo" not in terminal.said
    address = re.search(r"http://\S+:\d+/", terminal.said).group()
    terminal.answer("grace")
    terminal.expect("Email address:")
    terminal.answer("grace@example.org")
    terminal.expect("Password:")
    terminal.answer(PASSWORD)
    terminal.expect("Password (again):")
    terminal.answer(PASSWORD)
    terminal.expect("created successfully")

    page = sign_in(address, "grace", PASSWORD)
    assert "Sign out" in page and "Set up a second factor first" in page
    assert User.objects.get().username == "grace"
    assert not SourceRecord.objects.exists()


def test_who_gives_up_the_question_stops_the_site_in_order(launcher: Launcher) -> None:
    terminal = Terminal(launcher)
    terminal.expect("Username:")
    family = launcher.family()
    terminal.answer("\x03")
    launcher.process.send_signal(2)
    assert launcher.process.wait(40) == 0
    assert not [process for process in family if process.is_running()]


def sign_in(address: str, name: str, password: str) -> str:
    """The page that follows the sign-in."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    form = browser.open(f"{address}accounts/login/", timeout=20).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form).group(1)
    fields = urlencode({"csrfmiddlewaretoken": token, "login": name, "password": password}).encode()
    return browser.open(f"{address}accounts/login/", fields, timeout=20).read().decode()

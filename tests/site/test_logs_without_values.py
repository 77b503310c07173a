"""Values of customers pass through import, search, failing rows and errors, and none is found in any log."""

import io
import json
import os
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener
from uuid import uuid4

from django.db import connection

from profiles.models import Batch, Job
from tests.cast import Cast
from tests.databases import as_owner
from tests.live import LiveSite

CANARIES = ("Quetzalina", "Vermicious", "quetzalina", "v3rm1c10us", "7700900461", "1961-03-14", "14 Wimblecanary")
ROWS = [
    {"id": "1", "name": "Quetzalina Vermicious", "mail": "quetzalina@post.example", "tel": "+44 7700 900461",
     "born": "1961-03-14", "addr": "14 Wimblecanary Road"},
    {"name": "Quetzalina without an id", "mail": "v3rm1c10us@post.example"},
    {"id": "2", "name": "Vermicious " * 8000},
]  # fmt: skip
CLOSE = """
CREATE FUNCTION spill() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'Quetzalina Vermicious, quetzalina@post.example: %', NEW; END $$;
CREATE TRIGGER spill BEFORE INSERT ON profiles_flag FOR EACH ROW EXECUTE FUNCTION spill();
CREATE TRIGGER spill BEFORE INSERT ON profiles_quarantinedrow FOR EACH ROW EXECUTE FUNCTION spill();
"""


class Visitor:
    """A person at the site, over HTTP."""

    def __init__(self, url: str) -> None:
        self.url, self.cookies = url, CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))
        self.get("/accounts/login/")
        self.post("/accounts/login/", {"login": "ada", "password": "a-long-password"})

    def get(self, path: str) -> str:
        return self.opener.open(self.url + path, timeout=20).read().decode()

    def post(self, path: str, data: dict[str, str], file: bytes = b"") -> tuple[int, str]:
        """The status and the id of the request."""
        token = next(c.value for c in self.cookies if c.name == "csrftoken")
        body, kind = self._form({**data, "csrfmiddlewaretoken": token}, file)
        ours = uuid4().hex
        request = Request(
            self.url + path, body, {"Content-Type": kind, "Referer": self.url + path, "X-Request-ID": ours}
        )
        try:
            with self.opener.open(request, timeout=20) as answer:
                return answer.status, ours
        except HTTPError as error:
            return error.code, error.headers["X-Request-ID"]

    @staticmethod
    def _form(data: dict[str, str], file: bytes) -> tuple[bytes, str]:
        if not file:
            return urlencode(data).encode(), "application/x-www-form-urlencoded"
        out = io.BytesIO()
        for name, value in data.items():
            out.write(f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
        out.write(b'--edge\r\nContent-Disposition: form-data; name="file"; filename="rows.jsonl"\r\n\r\n' + file)
        out.write(b"\r\n--edge--\r\n")
        return out.getvalue(), "multipart/form-data; boundary=edge"


def test_no_log_holds_a_value(live_site: LiveSite) -> None:
    cast = Cast()
    visitor = Visitor(live_site.url)
    content = "\n".join(map(json.dumps, ROWS)).encode()
    visitor.post("/imports/", {"source": cast.shop.pk}, content)
    wait_for(lambda: Batch.objects.filter(state="done", quarantined=2).exists())
    wait_for(lambda: Job.objects.filter(kind="resolve", state="done").exists())
    assert "Quetzalina" in visitor.get("/customers/?" + urlencode({"q": "Quetzalina Vermicious"}))
    visitor.get("/customers/?" + urlencode({"q": "quetzalina@post.example"}))

    with as_owner(), connection.cursor() as cursor:
        cursor.execute(CLOSE)
    flag = {"field": "email", "value": "quetzalina@post.example", "note": "Quetzalina says so"}
    status, failed = visitor.post(f"/records/{cast.shop.records.get().pk}/flag/", flag)
    assert status == 500
    _, sent = visitor.post("/imports/", {"source": cast.crm.pk}, content)
    wait_for(lambda: any(line_of_job(sent, line) for line in log(live_site, "worker").splitlines()))

    line = next(line for line in log(live_site, "web").splitlines() if failed in line)
    assert "error=" in line and "profiles/flags.py:" in line
    logs = {path.name: path.read_text() for path in places(live_site)}
    assert logs.keys() >= {"web.log", "worker.log", "scheduler.log", "postgres.log"}
    assert {name: word for name, text in logs.items() for word in CANARIES if word in text} == {}
    assert "ERROR" not in logs["postgres.log"]


def wait_for(happened: object) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def line_of_job(request: str, line: str) -> bool:
    """The error of a job that this request asked for."""
    return f"request={request}" in line and "job=" in line and "error=" in line and "profiles/imports.py:" in line


def log(site: LiveSite, name: str) -> str:
    return (site.logs / f"{name}.log").read_text()


def places(site: LiveSite) -> list[Path]:
    return [*site.logs.glob("*.log"), *Path(os.environ["CDV_TEST_BASE"]).glob("*.log")]

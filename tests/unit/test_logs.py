"""A log line holds our words, codes and ids; whatever is personal is taken out, and errors say type and place only."""

import io
import logging
from logging.config import dictConfig
from uuid import UUID

import pytest

from cdv_site import logs

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


@pytest.fixture
def said() -> io.StringIO:
    """What is written by a logger set up as the site's; the suite's own handlers come back afterwards."""
    out, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    dictConfig(logs.config("INFO"))
    root.handlers[0].setStream(out)
    yield out
    root.handlers[:], root.level = before, level
    for name in ("django", "django.server"):
        logging.getLogger(name).handlers.clear()


LINES = [
    ("Job %s failed", (ID,), ["event=", f"Job {ID} failed"], []),
    ("No mail for %s today", ("ada.byron@post.example",), ["No mail for […] today"], ["byron"]),
    ("Called +44 20 7946 0018 twice", (), ["Called […] twice"], ["7946"]),
    ("card %s of 12 rows", ("4929123412341234",), ["card […] of 12 rows"], ["4929"]),
    ("Lost: %s", (ValueError("Grace Hopper"),), ["Lost: ValueError"], ["Hopper"]),
    ("Bad name 'Grace Hopper' in %s", ("x.csv",), ["Bad name […] in x.csv"], ["Hopper"]),
    (
        "Task %(name)s[%(id)s] raised: %(exc)s",
        ({"name": "t", "id": str(ID), "exc": "Grace"},),
        [f"Task t[{ID}] raised"],
        ["Grace"],
    ),
]


@pytest.mark.parametrize(("message", "args", "holds", "lacks"), LINES, ids=[line[0] for line in LINES])
def test_values_are_taken_out(said: io.StringIO, message: str, args: tuple, holds: list, lacks: list) -> None:
    logging.getLogger("any").warning(message, *args)
    line = said.getvalue()
    assert all(part in line for part in holds), line
    assert not [part for part in lacks if part in line], line
    assert "level=warning logger=any" in line


def test_an_error_says_its_kinds_and_where_but_not_what(said: io.StringIO) -> None:
    try:
        try:
            int("Grace Hopper")
        except ValueError as error:
            raise KeyError("Grace") from error
    except KeyError:
        logging.getLogger("any").exception("It failed")
    line = said.getvalue()
    assert 'error="KeyError < ValueError"' in line
    assert "tests/unit/test_logs.py:" in line
    assert "Grace" not in line and line.count("\n") == 1

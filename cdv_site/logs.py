"""Logs that tell what happened and never about whom: one line per event, with the request or job it belongs to.

What a log line says is made of our own words, codes and ids. Errors are told by their type and where they arose: their
messages quote values. What still looks like an e-mail address or a long number is taken out of every line.
"""

import logging
import logging.config
import re
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from gunicorn.glogging import Logger

CHECKOUT = Path(__file__).resolve().parent.parent
TAKEN_OUT = "[…]"
# an e-mail address; seven or more digits, as of a phone or a card; a quoted text
PERSONAL = re.compile(
    r"[^\s@\"'<>]+@[^\s@\"'<>]+"
    r"|(?<![\w.-])\+?\d(?:[ ()/.-]?\d){6,}(?![\w-])"
    r"|(?<=[=(\s:])(?:'[^']*'|\"[^\"]*\")"
)
WITH_VALUES = {"exc", "traceback", "args", "kwargs", "return_value"}  # of what Celery says about a task
FRAMES = 12


class Wordless(logging.Filter):
    """Takes values out of what a record is formatted with, before anything formats it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, BaseException):
            record.msg = type(record.msg).__name__
        if isinstance(record.args, dict):
            record.args = {key: TAKEN_OUT if key in WITH_VALUES else _code(value) for key, value in record.args.items()}
        elif record.args:
            record.args = tuple(map(_code, record.args))
        return True


def _code(value: object) -> object:
    return type(value).__name__ if isinstance(value, BaseException) else value


def tell_where(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """An error as its type, those that led to it, and the lines of code it came through; never its message."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[1] is not None:
        event["error"] = " < ".join(_types(info[1]))
        event["at"] = " ".join(_lines(info[2]))
    event.pop("stack_info", None)
    return event


def _types(error: BaseException | None) -> list[str]:
    found: list[str] = []
    while error is not None and len(found) < 5:
        state = getattr(error, "sqlstate", None)
        found.append(f"{type(error).__name__}{f'({state})' if state else ''}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def _lines(where: TracebackType | None) -> list[str]:
    """All of our own code, and where in others' it ended."""
    frames = [(_short(frame.filename), frame) for frame in traceback.extract_tb(where)]
    told = [(name, frame) for n, (name, frame) in enumerate(frames) if ".." not in name or n >= len(frames) - 3]
    return [f"{name}:{frame.lineno}:{frame.name}" for name, frame in told[-FRAMES:]]


def _short(path: str) -> str:
    """A file of ours from the checkout on; of others, two dots and the end."""
    name = Path(path)
    is_ours = name.is_relative_to(CHECKOUT) and "site-packages" not in name.parts
    return str(name.relative_to(CHECKOUT)) if is_ours else "/".join(("..", *name.parts[-3:]))


def redact(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """What looks like personal data goes, wherever it stands."""
    return {key: PERSONAL.sub(TAKEN_OUT, value) if isinstance(value, str) and key != "time" else value
            for key, value in event.items()}  # fmt: skip


def add_request(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """The request or the job on whose behalf: the same id as in the audit and in the answer's X-Request-ID."""
    from django.apps import apps

    if apps.ready:
        from profiles.context import current_actor

        actor = current_actor()
        event |= {"request": actor.request_id} if actor.request_id else {}
        event |= {"job": str(actor.job_id)} if actor.job_id else {}
    return event


def config(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything goes one way."""
    before = [
        structlog.processors.TimeStamper(fmt="iso", key="time"),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        add_request,
        tell_where,
        redact,
    ]
    render = structlog.processors.LogfmtRenderer(key_order=["time", "level", "logger", "event"], drop_missing=True)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"wordless": {"()": Wordless}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["wordless"]}},
        "root": {"handlers": ["console"], "level": level},
        # Django's own console handlers would tell a second time
        "loggers": {name: {"handlers": [], "propagate": True} for name in ("django", "django.server")},
    }


class GunicornLogger(Logger):
    """The web server's own lines, told like all others; it writes no access log."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

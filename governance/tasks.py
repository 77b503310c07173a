"""Celery tasks: a few lines each; the work is in governance/sealing.py and governance/access_review.py."""

import logging

from celery import shared_task
from django.utils import timezone

from . import access_review, consent_jobs, doors, request_watch
from .checkpoints import deliver
from .erasure import execute, notices, requests
from .retention import pruning
from .sealing import seal_waiting
from .signing import NoSigningKey

log = logging.getLogger(__name__)


@shared_task(name="governance.tasks.seal_audit")
def seal_audit() -> None:
    """Seal the audit events that wait, and deliver checkpoints."""
    try:
        seal_waiting()
        deliver()
    except NoSigningKey as missing:
        log.warning("%s", missing)


@shared_task(name="governance.tasks.review_access")
def review_access() -> None:
    """Begin the quarter's access review, and let what nobody confirmed fall."""
    access_review.keep_calendar(now=timezone.now())


@shared_task(name="governance.tasks.continue_erasures")
def continue_erasures() -> None:
    """Go on with erasures that wait for something."""
    execute.continue_open()
    requests.clear_answered()
    notices.forget_late(timezone.now())


@shared_task(name="governance.tasks.prune")
def prune() -> None:
    """Let go what is past its window."""
    pruning.queue()


@shared_task(name="governance.tasks.watch_requests")
def watch_requests() -> None:
    """Tell of privacy requests whose deadline is near; drop old counts of the public doors."""
    request_watch.watch(timezone.now())
    doors.forget()


@shared_task(name="governance.tasks.refresh_consent")
def refresh_consent() -> None:
    """Work consent out anew where a grant has ended since it was stored."""
    consent_jobs.refresh_lapsed()

"""Celery tasks: a few lines each; the work is in governance/sealing.py."""

import logging

from celery import shared_task

from .sealing import seal_waiting
from .signing import NoSigningKey

log = logging.getLogger(__name__)


@shared_task(name="governance.tasks.seal_audit")
def seal_audit() -> None:
    """Seal the audit events that wait."""
    try:
        seal_waiting()
    except NoSigningKey as missing:
        log.warning("%s", missing)

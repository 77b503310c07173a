"""Celery tasks of this app."""

from celery import shared_task

from . import proposing


@shared_task(name="matching.tasks.bring_back_due")
def bring_back_due() -> None:
    """Proposals that were put off until now are back in the queue."""
    proposing.bring_back_due()

"""The Celery app: the broker rings, the job table is the truth, so no results are kept."""

import os
from logging.config import dictConfig

from celery import Celery
from celery.signals import setup_logging, worker_process_init
from django.conf import settings

from .processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdv_site.settings")

app = Celery("cdv")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_like_the_rest(**_: object) -> None:
    """Celery sets up no handlers of its own, which would write what tasks and errors hold."""
    dictConfig(settings.LOGGING)


@worker_process_init.connect
def leave_no_orphan(**_: object) -> None:
    """A pool process ends with its worker, also when the worker was killed."""
    die_with_parent()

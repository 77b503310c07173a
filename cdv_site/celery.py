"""The Celery app: the broker rings, the job table is the truth, so no results are kept."""

import os

from celery import Celery
from celery.signals import worker_process_init

from .processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdv_site.settings")

app = Celery("cdv")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def leave_no_orphan(**_: object) -> None:
    """A pool process ends with its worker, also when the worker was killed."""
    die_with_parent()

"""How it fits together: settings, URLs, Celery and the embedded servers."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "cdv_site"
    verbose_name = "Site"

    def ready(self) -> None:
        from profiles import jobs, tasks

        from . import celery  # noqa: F401  (the default Celery app, before any task is sent)

        jobs.ring = tasks.ring_celery

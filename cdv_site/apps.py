"""How it fits together: settings, URLs, Celery and the embedded servers."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "cdv_site"
    verbose_name = "Site"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from profiles import jobs, tasks

        from . import celery, closing  # noqa: F401  (the default Celery app, before any task is sent)

        connection_created.connect(closing.refuse_when_closed, dispatch_uid="closing")

        jobs.ring = tasks.ring_celery

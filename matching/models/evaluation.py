"""What was found out about match models before they decide anything: evaluations and shadow runs."""

from uuid import UUID

from django.conf import settings
from django.db import models

from profiles.models import Job, Source
from profiles.models.source import OverAllSources


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    def visible_to(self, user: object) -> "EvaluationQuerySet":
        """Those on labelled files; those on decisions, which count all sources, for who may see every source. 1 query."""
        return self if Source.objects.all_visible_to(user) else self.filter(kind=Evaluation.Kind.FILE)


class Evaluation(models.Model):
    """A model held against labelled pairs: figures, and errors as record ids and levels, never values."""

    class Kind(models.TextChoices):
        FILE = "file", "Labelled file"
        STEWARD = "steward", "Decisions of stewards"

    model_label = models.SlugField(max_length=60, db_index=True)
    model_digest = models.CharField(max_length=64, help_text="Of the content that was evaluated; a draft may change.")
    kind = models.CharField(max_length=8, choices=Kind)
    set_name = models.CharField(max_length=200)
    figures = models.JSONField(help_text="See matching/engine/measure.py, `figures_to_json`.")
    errors = models.JSONField(help_text="false_positives and false_negatives: record ids, levels, reasons.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.model_label} on {self.set_name}"


class ShadowRun(models.Model):
    """Two models over the same live records, without changing anything: what would become of whom, and the queue."""

    model_label = models.SlugField(max_length=60, db_index=True)
    model_digest = models.CharField(max_length=64)
    against_label = models.SlugField(max_length=60)
    records = models.PositiveIntegerField(default=0, help_text="Records of the sample, their whole customers included.")
    figures = models.JSONField(default=dict, help_text="Counts of both models; see matching/shadow.py.")
    changes = models.JSONField(default=list, help_text="What would differ: kind, customers and records by id.")
    job_id = models.UUIDField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = OverAllSources.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.model_label} beside {self.against_label}"

    @property
    def job(self) -> Job | None:
        """The job that does it, while its row exists. 1 query."""
        return Job.objects.filter(id=UUID(str(self.job_id))).first()

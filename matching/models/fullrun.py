"""Full runs: all records looked at under one model, what would become of whom, and what became of it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from profiles.models import Job, Source, User
from profiles.models.source import OverAllSources


class Real(models.FloatField):
    """A number in four bytes."""

    def db_type(self, connection: object) -> str:
        return "real"


class FullRun(models.Model):
    """One full run. Until it is published nothing but its own tables is written."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        REPORTED = "reported", "Waits for a decision"
        PUBLISHING = "publishing", "Being published"
        PUBLISHED = "published", "Published"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"
        DISCARDED = "discarded", "Discarded"

    class Step(models.TextChoices):
        READ = "read", "Read the records"
        PAIRS = "pairs", "Find and weigh pairs"
        DECIDE = "decide", "Decide who is who"
        REPORT = "report", "Write the report"
        PUBLISH = "publish", "Publish"
        UNDO = "undo", "Undo"

    BUSY = (State.RUNNING, State.PUBLISHING, State.UNDOING)

    model_label = models.SlugField(max_length=60)
    model_digest = models.CharField(max_length=64, help_text="Of the content that it runs under.")
    train = models.BooleanField(default=False, help_text="Begin with training: the model becomes a draft.")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    step = models.CharField(max_length=7, choices=Step, default=Step.READ)
    parts = models.PositiveSmallIntegerField(help_text="Into how many jobs its larger steps are cut.")
    records = models.PositiveIntegerField(default=0)
    profiles = models.PositiveIntegerField(default=0, help_text="Customers before the run.")
    figures = models.JSONField(default=dict, help_text="The report; see matching/fullrun/report.py.")
    job_ids = ArrayField(models.UUIDField(), default=list, help_text="Every job that worked on it.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    reported_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(null=True, help_text="When publishing began.")
    reason = models.CharField(max_length=500, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True, help_text="When its undo began.")

    objects = OverAllSources.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("start_fullrun", "Can start, cancel and discard full runs"),
            ("publish_fullrun", "Can publish and undo full runs"),
        ]
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(state__in=["running", "publishing", "undoing"]),
                name="one_full_run_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["publishing", "published", "undoing", "undone"])
                | Q(published_at__isnull=False),
                name="full_run_published_at",
            ),
        ]

    def __str__(self) -> str:
        return f"Full run {self.pk}"

    @property
    def is_busy(self) -> bool:
        return self.state in self.BUSY

    def open_jobs(self) -> list[Job]:
        """Jobs of the step under way, done ones left out. 1 query."""
        ids = self.run_parts.filter(step=self.step, done_at__isnull=True).values("job_id")
        return list(Job.objects.filter(id__in=ids))


class FullRunPart(models.Model):
    """One job's share of a step: the key by which it is not done twice, and what it counted."""

    run = models.ForeignKey(FullRun, on_delete=models.CASCADE, related_name="run_parts")
    step = models.CharField(max_length=7, choices=FullRun.Step)
    number = models.PositiveSmallIntegerField()
    job_id = models.UUIDField()
    figures = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "step", "number"], name="full_run_part_once")]


class FullRunPiece(models.Model):
    """The columns of all records as the run read them, in pieces; deleted as soon as everything is decided."""

    run = models.ForeignKey(FullRun, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveSmallIntegerField()
    content = models.BinaryField(help_text="A stretch of an Arrow stream; see matching/fullrun/columns.py.")

    class Meta:
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="full_run_piece_once")]


class FullRunEdge(models.Model):
    """A weighed pair of records. Written by COPY, kept until the next run."""

    pk = models.CompositePrimaryKey("run_id", "left_record", "right_record")
    run_id = models.BigIntegerField()
    left_record = models.BigIntegerField()
    right_record = models.BigIntegerField()
    rule = models.SmallIntegerField(help_text="The blocking rule that found it.")
    weight = Real(help_text="Posterior log2 odds that they are one person.")
    home = Real(help_text="Log2 odds that they are two of one household.")
    pattern = models.BinaryField(help_text="One byte per comparison: the level.")


class FullRunMember(models.Model):
    """Which records are decided on together, and which of them become one customer. Written by COPY, kept as edges."""

    pk = models.CompositePrimaryKey("run_id", "record_id")
    run_id = models.BigIntegerField()
    record_id = models.BigIntegerField()
    group = models.BigIntegerField(help_text="The lowest record that anything connects it with.")
    cluster = models.BigIntegerField(help_text="The lowest record of the customer that it becomes part of.")


class FullRunUsage(models.Model):
    """How many hold a value that several records share, as the run counted it. Written by COPY, kept as edges."""

    pk = models.CompositePrimaryKey("run_id", "key")
    run_id = models.BigIntegerField()
    key = models.BigIntegerField()
    held = models.IntegerField()


class FullRunChangeQuerySet(models.QuerySet["FullRunChange"]):
    def visible_to(self, user: User) -> "FullRunChangeQuerySet":
        """Changes all of whose customers the user may see."""
        granted = list(Source.objects.visible_to(user).values_list("id", flat=True))
        hidden = (
            "EXISTS (SELECT FROM profiles_profile p WHERE p.id = ANY(matching_fullrunchange.customers)"
            " AND NOT p.source_ids && %s::bigint[])"
        )
        return self.filter(~Q(RawSQL(hidden, [granted], output_field=models.BooleanField())))  # noqa: S611


class FullRunChange(models.Model):
    """Something that publishing would do with customers that exist: named in the report."""

    class Kind(models.TextChoices):
        MERGE = "merge", "Would be merged"
        SPLIT = "split", "Would be proposed to be split"
        STOP = "stop", "Too large to be decided"

    run = models.ForeignKey(FullRun, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=5, choices=Kind)
    customers = ArrayField(models.UUIDField())
    records = ArrayField(models.BigIntegerField(), help_text="Records that leave, or that enter with a merge.")
    weight = models.FloatField(default=0, help_text="Log2 odds of the weakest link, or of the best one that is left.")

    objects = FullRunChangeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(F("run"), F("kind"), F("id"), name="full_run_change_page")]

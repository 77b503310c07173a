"""Proposals: what the engine thinks should be joined, merged or split, and leaves to a person."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from profiles.models import Profile, Source, SourceRecord, WorkItem


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def awaiting_review(self) -> "ProposalQuerySet":
        return self.filter(state=Proposal.State.OPEN)

    def visible_to(self, user: object) -> "ProposalQuerySet":
        """Proposals that rest on records the user may see; one with an unreadable end is as if it were not there."""
        granted = list(Source.objects.visible_to(user).values_list("id", flat=True))
        right = Q(right__isnull=True) | Q(right__source_ids__overlap=granted, right_record__source__in=granted)
        return self.filter(right, left__source_ids__overlap=granted, left_record__source__in=granted)


class Proposal(models.Model):
    """A suggested merge of two profiles (or split of one), with the evidence of its best pair of records.

    `left` < `right` for a merge, so that there is one open proposal per unordered pair; a split has no `right`. References
    are checked once per statement.
    """

    class Kind(models.TextChoices):
        MERGE = "merge", "Merge"
        SPLIT = "split", "Split"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        OUTDATED = "outdated", "Outdated"

    kind = models.CharField(max_length=6, choices=Kind, default=Kind.MERGE)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    left = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    right = models.ForeignKey(Profile, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    left_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    right_record = models.ForeignKey(
        SourceRecord, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    probability = models.FloatField()
    weight = models.FloatField()
    evidence = models.JSONField(help_text="Levels, weights and rules of the best pair; see engine/explain.py.")
    reasons = ArrayField(models.CharField(max_length=60), help_text="Codes: why it was not done automatically.")
    model_label = models.CharField(max_length=60)
    fingerprint = models.CharField(max_length=64, help_text="Of the matching features of both records.")
    reopened_because = models.CharField(max_length=60, blank=True)
    run_id = models.UUIDField(null=True)
    work_item = models.OneToOneField(WorkItem, null=True, on_delete=models.PROTECT, related_name="proposal")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    closed_because = models.CharField(max_length=60, blank=True, help_text="A code, where no person closed it.")
    closed_by_job = models.UUIDField(null=True, help_text="The job that closed it; its undo opens it again.")

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-probability", "id"]
        permissions = [
            ("review_proposal", "Can decide proposals"),
            ("change_identity", "Can merge, split, move and undo"),
            ("approve_change", "Can approve as the second person what takes two"),
        ]
        indexes = [models.Index(F("probability").desc(), "id", name="proposal_open", condition=Q(state="open"))]
        constraints = [
            models.UniqueConstraint(
                fields=["left", "right"], condition=Q(state="open", kind="merge"), name="one_open_proposal_per_pair"
            ),
            models.UniqueConstraint(
                fields=["left_record"], condition=Q(state="open", kind="split"), name="one_open_split_per_record"
            ),
            models.CheckConstraint(
                name="proposal_ends",
                condition=Q(kind="split", right__isnull=True) | Q(kind="merge", left__lt=F("right")),
            ),
        ]

    def __str__(self) -> str:
        return f"Proposal {self.pk}"

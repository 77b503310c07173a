"""Marks: rows stored low and written from above that stop what must not happen to a record."""

from dataclasses import dataclass

from django.db import models
from django.db.models import Q

from .record import SourceRecord


class Mark(models.Model):
    """A reason why something must not happen to a record. Written and re-read under its profile's lock."""

    class Kind(models.TextChoices):
        RESTRICTED = "restricted", "Restricted: stored only"
        HOLD = "hold", "Legal hold"
        REQUEST_OPEN = "request_open", "A privacy request is open"
        ERASING = "erasing", "Being erased"

    record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, related_name="marks")
    kind = models.CharField(max_length=12, choices=Kind)
    reason = models.CharField(max_length=500)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    reference = models.CharField(max_length=100, blank=True, help_text="What set it: a request, a hold.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "kind", "reference"], condition=Q(until__isnull=True), name="one_open_mark"
            )
        ]


@dataclass(frozen=True, slots=True)
class Stops:
    """What a kind of mark stops, and whether a split copies it to all parts."""

    auto: bool
    merge: bool
    golden: bool
    use: bool
    pruning: bool
    carried_on_split: bool


STOPS: dict[str, Stops] = {
    Mark.Kind.RESTRICTED: Stops(auto=True, merge=True, golden=True, use=True, pruning=False, carried_on_split=True),
    Mark.Kind.HOLD: Stops(auto=True, merge=False, golden=False, use=False, pruning=True, carried_on_split=True),
    Mark.Kind.REQUEST_OPEN: Stops(
        auto=True, merge=False, golden=False, use=False, pruning=True, carried_on_split=False
    ),
    Mark.Kind.ERASING: Stops(auto=True, merge=True, golden=True, use=True, pruning=True, carried_on_split=False),
}


def kinds_that_stop(what: str) -> list[str]:
    """Mark kinds that stop `what`: auto, merge, golden, use or pruning."""
    return [kind for kind, stops in STOPS.items() if getattr(stops, what)]

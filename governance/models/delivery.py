"""How far checkpoints were delivered outside."""

from django.db import models


class CheckpointDelivery(models.Model):
    """One row: the last seal whose checkpoint was delivered, and what went wrong since."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    number = models.BigIntegerField(default=0, help_text="The last seal that was delivered.")
    delivered_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failure = models.CharField(max_length=80, blank=True, help_text="A type of error or an exit status, never output.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_checkpoint_delivery")]

    def __str__(self) -> str:
        return f"Checkpoints up to {self.number}"

"""What is sent out: codes, letters and reminders, each until an adapter has taken it."""

from django.db import models
from django.db.models import Q

from profiles.ids import new_id

from .request import PrivacyRequest


class OutgoingMessage(models.Model):
    """One e-mail or text message. Whom it goes to and what it says is sealed; a code is dropped once it was sent."""

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        SMS = "sms", "Text message"

    class State(models.TextChoices):
        WAITING = "waiting", "Waits"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed: will be tried again"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(PrivacyRequest, null=True, on_delete=models.CASCADE, related_name="messages")
    channel = models.CharField(max_length=5, choices=Channel)
    template = models.CharField(max_length=20)
    subject = models.CharField(max_length=200, help_text="Says nothing of the person.")
    recipient = models.BinaryField(help_text="Sealed.")
    body = models.BinaryField(null=True, help_text="Sealed; empty when it was a code and has been sent.")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=80, blank=True, help_text="A type of error, never a value.")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent") & Q(sent_at__isnull=True),
                name="message_sent_when",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.template}"

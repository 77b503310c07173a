"""Privacy requests: what a person asks for, their states, and the clock that runs meanwhile."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from governance.permissions import APPROVE_REQUESTS, HANDLE_REQUESTS, OVERSEE_REQUESTS
from profiles.ids import new_id
from profiles.models import Approval, Profile, Source, User


class State(models.TextChoices):
    """Where a request is. Why it does not go on is said by its blocking reason."""

    RECEIVED = "received", "Received"
    VERIFYING = "verifying", "Verifying who asks"
    IN_PROGRESS = "in_progress", "In progress"
    AWAITING_APPROVAL = "awaiting_approval", "Waits for approval"
    FULFILLED = "fulfilled", "Fulfilled"
    REFUSED = "refused", "Refused"
    CANCELLED = "cancelled", "Cancelled"


# state → the states that may follow; the diagram in docs/flow.md is drawn from it
TRANSITIONS: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.VERIFYING, State.IN_PROGRESS, State.REFUSED, State.CANCELLED}),
    State.VERIFYING: frozenset({State.IN_PROGRESS, State.REFUSED, State.CANCELLED}),
    State.IN_PROGRESS: frozenset(
        {State.VERIFYING, State.AWAITING_APPROVAL, State.FULFILLED, State.REFUSED, State.CANCELLED}
    ),
    State.AWAITING_APPROVAL: frozenset({State.IN_PROGRESS, State.CANCELLED}),
    State.FULFILLED: frozenset(),
    State.REFUSED: frozenset(),
    State.CANCELLED: frozenset(),
}
CLOSED = tuple(state for state, following in TRANSITIONS.items() if not following)
OPEN = tuple(state for state, following in TRANSITIONS.items() if following)


class PrivacyRequestQuerySet(models.QuerySet["PrivacyRequest"]):
    def visible_to(self, user: User) -> "PrivacyRequestQuerySet":
        """All for who works on them, approves or oversees them; for others those they filed and those with a task for a
        source that they steward."""
        if any(user.has_perm(codename) for codename in (HANDLE_REQUESTS, APPROVE_REQUESTS, OVERSEE_REQUESTS)):
            return self
        tasks = RequestTask.objects.filter(source__in=Source.objects.stewarded_by(user))
        return self.filter(Q(filed_by=user) | Q(id__in=tasks.values("request_id")))

    def open(self) -> "PrivacyRequestQuerySet":
        """Those that are not answered yet."""
        return self.filter(state__in=OPEN)


class PrivacyRequest(models.Model):
    """One right that one person asks for. What they wrote is sealed; what was decided is in codes."""

    class Kind(models.TextChoices):
        ACCESS = "access", "Access"
        PORTABILITY = "portability", "Portability"
        CORRECTION = "correction", "Correction"
        DELETION = "deletion", "Deletion"
        RESTRICTION = "restriction", "Restriction"
        OBJECTION = "objection", "Objection or opt-out"
        LIMIT = "limit", "Limit the use of sensitive data"

    class Door(models.TextChoices):
        STEWARD = "steward", "Filed by staff"
        PUBLIC = "public", "Public form"
        API = "api", "API"

    class Requester(models.TextChoices):
        SUBJECT = "subject", "The person"
        AGENT = "agent", "An agent with authority"
        GUARDIAN = "guardian", "A parent or guardian"

    class Blocked(models.TextChoices):
        NOTHING = "", "Nothing"
        IDENTITY = "identity", "Who asks is not proven yet"
        CLARIFICATION = "clarification", "The person was asked what is meant"
        SUBJECT = "subject", "Whose records are meant is not known"
        LINKS = "links", "A steward must confirm links first"
        HOLD = "hold", "A legal hold"
        TASK = "task", "A task failed"

    class Verified(models.TextChoices):
        NOT = "", "Not verified"
        CODE = "code", "By a code to a known contact point"
        STAFF = "staff", "By staff, with evidence attached"
        NOT_NEEDED = "not_needed", "Not needed for this kind"

    class Refusal(models.TextChoices):
        NOTHING = "", "Not refused"
        UNKNOWN = "unknown", "No records of this person"
        IDENTITY = "identity", "Identity could not be established"
        AUTHORITY = "authority", "No authority to act for the person"
        UNFOUNDED = "unfounded", "Manifestly unfounded"
        EXCESSIVE = "excessive", "Manifestly excessive"
        LEGAL_DUTY = "legal_duty", "A law demands that the data is kept"
        LEGAL_CLAIM = "legal_claim", "Needed for a legal claim"
        OTHERS = "others", "Rights of others stand against it"

    State = State

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=17, choices=State, default=State.RECEIVED)
    blocked = models.CharField(max_length=13, choices=Blocked, blank=True, default=Blocked.NOTHING)
    door = models.CharField(max_length=8, choices=Door)
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    profile = models.ForeignKey(
        Profile,
        null=True,
        on_delete=models.PROTECT,
        related_name="privacy_requests",
        help_text="Whom it is about; after a merge the survivor. Empty: not known yet.",
    )
    records = ArrayField(
        models.BigIntegerField(), default=list, help_text="The records it covers, frozen when its plan is approved."
    )
    external_id = models.CharField(max_length=64, blank=True, help_text="What the system that filed it calls it.")
    claim = models.BinaryField(null=True, help_text="What the requester wrote, sealed; governance/claims.py reads it.")
    claim_digest = models.CharField(max_length=64, blank=True, help_text="Keyed hash of the contact point they named.")
    token_digest = models.CharField(max_length=64, blank=True, help_text="Keyed hash of the link to its public page.")
    requester = models.CharField(max_length=8, choices=Requester, default=Requester.SUBJECT)
    authority_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who of the staff checked the proof of authority.",
    )
    authority_at = models.DateTimeField(null=True)
    verified = models.CharField(max_length=10, choices=Verified, blank=True, default=Verified.NOT)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    regime = models.CharField(max_length=12, help_text="Code of governance/deadlines.py.")
    regime_version = models.PositiveSmallIntegerField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Follows from the clock; written with each of its events.")
    is_paused = models.BooleanField(default=False, help_text="The clock stands; written with each of its events.")
    duplicate_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="duplicates")
    approval = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT, related_name="+")
    plan_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the plan that is carried out.")
    started_at = models.DateTimeField(null=True, help_text="When its plan began to be carried out.")
    refusal = models.CharField(max_length=11, choices=Refusal, blank=True, default=Refusal.NOTHING)
    refusal_text = models.BinaryField(null=True, help_text="What the person is told, sealed.")
    escalated = models.PositiveSmallIntegerField(default=0, help_text="How urgently its deadline was told of.")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The second person who looked at a refusal.",
    )

    objects = PrivacyRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("approve_privacyrequest", "Can approve the plan of a privacy request"),
            ("oversee_privacyrequest", "Can see who did what and when with privacy requests"),
        ]
        indexes = [
            # the board, what falls due first before
            models.Index(fields=["due_at", "id"], name="request_open", condition=Q(state__in=OPEN)),
            # duplicates of what a contact point asked for
            models.Index(fields=["claim_digest"], name="request_claim", condition=~Q(claim_digest="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["token_digest"], condition=~Q(token_digest=""), name="request_by_token"),
            models.UniqueConstraint(
                fields=["filed_by", "external_id"], condition=~Q(external_id=""), name="request_once_per_external_id"
            ),
            models.CheckConstraint(
                condition=Q(state__in=CLOSED, closed_at__isnull=False) | Q(state__in=OPEN, closed_at__isnull=True),
                name="request_closed_or_open",
            ),
            models.CheckConstraint(
                condition=Q(verified="", verified_at__isnull=True) | ~Q(verified="") & Q(verified_at__isnull=False),
                name="request_verified_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["awaiting_approval", "fulfilled"]) | ~Q(verified="") & Q(profile__isnull=False),
                name="request_verified_before_it_is_done",
            ),
            models.CheckConstraint(
                condition=~Q(verified="not_needed") | Q(kind__in=["objection", "limit"]),
                name="request_verification_needed",
            ),
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(refusal="") | ~Q(state="refused") & Q(refusal=""),
                name="request_refused_with_a_code",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused")
                | Q(closed_by__isnull=False, reviewed_by__isnull=False) & ~Q(reviewed_by=F("closed_by")),
                name="request_refusal_reviewed_by_another",
                violation_error_message="A second person must look at a refusal.",
            ),
            models.CheckConstraint(
                condition=~Q(state="fulfilled") | Q(started_at__isnull=False), name="request_fulfilled_after_its_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} request {self.short_id}"

    @property
    def short_id(self) -> str:
        """The random tail of the id: what people read to each other."""
        return self.id.hex[-8:]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_under_way(self) -> bool:
        """Whether its plan is being carried out: it can only go on then."""
        return self.is_open and self.started_at is not None


class RequestClock(models.Model):
    """One event of a request's clock. Append-only; when it is due follows from these alone."""

    class Kind(models.TextChoices):
        RECEIVED = "received", "Received"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        IDENTITY_ASKED = "identity_asked", "Identity asked for"
        IDENTITY_GIVEN = "identity_given", "Identity given"
        CLARIFICATION_ASKED = "clarification_asked", "Clarification asked for"
        CLARIFICATION_ANSWERED = "clarification_answered", "Clarification answered"
        EXTENDED = "extended", "Extended, with notice"
        CLOSED = "closed", "Closed"

    request = models.ForeignKey(PrivacyRequest, on_delete=models.PROTECT, related_name="clock")
    kind = models.CharField(max_length=22, choices=Kind)
    at = models.DateTimeField(help_text="When it happened.")
    recorded_at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    reason = models.CharField(max_length=40, blank=True, help_text="A code, never free text.")

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "kind"],
                condition=Q(kind__in=["received", "extended", "closed"]),
                name="request_clock_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.request_id}"


class RequestTask(models.Model):
    """What must be done in one place for a request: a store of ours, a source or a recipient."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits"
        FAILED = "failed", "Failed: will be tried again"
        DONE = "done", "Done"

    request = models.ForeignKey(PrivacyRequest, on_delete=models.PROTECT, related_name="tasks")
    target = models.CharField(max_length=80, help_text="Code of the place: store:history, source:crm, recipient:…")
    title = models.CharField(max_length=200, help_text="In words, without values.")
    source = models.ForeignKey(
        Source, null=True, on_delete=models.PROTECT, related_name="+", help_text="Whose stewards see to it."
    )
    by_hand = models.BooleanField(default=False, help_text="A person says that it is done; no job does it.")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=80, blank=True, help_text="A type of error or a code, never a value.")
    result = models.JSONField(default=dict, help_text="Codes and counts, never values.")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["request", "target"], name="request_task_once_per_target"),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | ~Q(state="done") & Q(done_at__isnull=True),
                name="request_task_done_when",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RequestAttachment(models.Model):
    """A file of a request: evidence, proof of authority, a letter. Its bytes are sealed."""

    class Purpose(models.TextChoices):
        IDENTITY = "identity", "Evidence of identity"
        AUTHORITY = "authority", "Proof of authority"
        EVIDENCE = "evidence", "Other evidence"
        LETTER = "letter", "Letter"

    request = models.ForeignKey(PrivacyRequest, on_delete=models.PROTECT, related_name="attachments")
    purpose = models.CharField(max_length=9, choices=Purpose)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes of what was attached.")
    sealed = models.BinaryField(help_text="The bytes, encrypted.")
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} of {self.request_id}"

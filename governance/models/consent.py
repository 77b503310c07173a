"""Consent: purposes that data may be used for, the ledger of what people said about them, and what follows for a customer."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from profiles.models import Batch, Profile, SourceRecord


class Channel(models.TextChoices):
    """A way to reach somebody; `general` for purposes that reach nobody, such as profiling."""

    GENERAL = "general", "In general"
    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"
    PHONE = "phone", "Phone"
    POST = "post", "Post"


# the canonical field whose values a channel reaches; the others reach the person, by no value of their own
CONTACT_FIELDS = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.PHONE: "phone"}


class LawfulBasis(models.TextChoices):
    """Why data may be used (GDPR Art. 6)."""

    CONSENT = "consent", "Consent"
    CONTRACT = "contract", "Contract"
    LEGAL_OBLIGATION = "legal_obligation", "Legal obligation"
    VITAL_INTERESTS = "vital_interests", "Vital interests"
    PUBLIC_TASK = "public_task", "Public task"
    LEGITIMATE_INTERESTS = "legitimate_interests", "Legitimate interests"


class PurposeQuerySet(models.QuerySet["Purpose"]):
    def in_use(self) -> "PurposeQuerySet":
        return self.filter(is_active=True)


class Purpose(models.Model):
    """What data may be used for, on which basis, and by which channels. Where consent is needed, silence is a NO."""

    key = models.SlugField(max_length=40, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")])
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1000, help_text="What people are told that they agree to.")
    lawful_basis = models.CharField(max_length=20, choices=LawfulBasis, default=LawfulBasis.CONSENT)
    needs_consent = models.BooleanField(default=True, help_text="Denied until the person has agreed.")
    channels = ArrayField(models.CharField(max_length=7, choices=Channel), help_text="How people are reached for it.")
    expires_after_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="A grant ends after so many days; empty: it does not end by itself."
    )
    confirms_twice = models.BooleanField(
        default=False, help_text="Double opt-in: a grant from a form counts once it was confirmed by the link sent."
    )
    honours_gpc = models.BooleanField(
        default=False, help_text="A browser that sends Global Privacy Control objects to it."
    )
    notice_version = models.CharField(max_length=40, default="1", help_text="The version of the notice shown now.")
    notice_url = models.URLField(blank=True, help_text="Where the privacy notice is found.")
    data_categories = models.CharField(max_length=300, blank=True, help_text="Which kinds of data are used.")
    recipients = models.CharField(max_length=300, blank=True, help_text="Who else receives the data.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PurposeQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="consent_as_basis_needs_consent",
                condition=~Q(lawful_basis="consent") | Q(needs_consent=True),
            ),
            models.CheckConstraint(name="purpose_has_a_channel", condition=Q(channels__len__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def channels_in_words(self) -> str:
        """Its channels as people read them."""
        return ", ".join(str(Channel(channel).label) for channel in self.channels)


class ConsentEvent(models.Model):
    """One thing that somebody said about one purpose and channel, for a record or a contact value. Append-only.

    Codes, ids and keyed hashes only; proof and free text lie in its note, which erasure deletes.
    """

    class Act(models.TextChoices):
        GRANT = "grant", "Agreed"
        WITHDRAW = "withdraw", "Withdrew"
        OBJECT = "object", "Objected"
        EXPIRE = "expire", "Ended"

    RESTRICTIONS = (Act.WITHDRAW, Act.OBJECT)

    class Method(models.TextChoices):
        PREFERENCE_PAGE = "preference_page", "On the preference page"
        DOUBLE_OPT_IN = "double_opt_in", "Confirmed by the link sent"
        WEB_FORM = "web_form", "On a web form"
        WRITTEN = "written", "In writing"
        SPOKEN = "spoken", "By word of mouth"
        REQUEST = "request", "By a privacy request"
        GPC = "gpc", "By Global Privacy Control"
        IMPORT = "import", "Delivered by a source"
        BULK = "bulk", "Changed in bulk"
        CARRIED = "carried", "Carried along"

    # the person's own word: only such a grant lifts a restriction
    BY_SUBJECT = (Method.PREFERENCE_PAGE, Method.DOUBLE_OPT_IN, Method.WEB_FORM, Method.WRITTEN, Method.SPOKEN, Method.REQUEST)  # fmt: skip

    id = models.BigAutoField(primary_key=True)
    record = models.ForeignKey(SourceRecord, null=True, on_delete=models.PROTECT, related_name="consent_events")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="events")
    channel = models.CharField(max_length=7, choices=Channel)
    contact = models.CharField(
        max_length=64, blank=True, help_text="Keyed hash of the contact value it names; empty: it names none."
    )
    act = models.CharField(max_length=8, choices=Act)
    at = models.DateTimeField(help_text="When the person said so.")
    recorded_at = models.DateTimeField(help_text="When it was written down here.")
    method = models.CharField(max_length=15, choices=Method)
    awaits_confirmation = models.BooleanField(
        default=False, help_text="A grant that does not count before the person confirms it."
    )
    until = models.DateTimeField(null=True, help_text="When the grant ends.")
    notice_version = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=12, blank=True)
    jurisdiction = models.CharField(max_length=12, blank=True)
    site = models.CharField(max_length=200, blank=True, help_text="The site that received a signal of a browser.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="consent_events")
    line = models.BigIntegerField(null=True)
    lifts = ArrayField(
        models.BigIntegerField(), default=list, help_text="Restrictions in force that the person's grant lifts."
    )
    carried_from = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="copies", help_text="The restriction it is a copy of."
    )
    lifted_by = ArrayField(
        models.BigIntegerField(), default=list, help_text="Grants that lifted the restriction before it was copied."
    )
    operation_id = models.UUIDField(null=True, help_text="The identity operation that copied it.")

    class Meta:
        ordering = ["id"]
        indexes = [
            # which profiles hold a value that somebody said NO to
            models.Index(fields=["contact"], name="consent_restricted", condition=Q(act__in=["withdraw", "object"])),
        ]
        constraints = [
            models.CheckConstraint(
                name="consent_about_record_or_contact", condition=Q(record__isnull=False) | ~Q(contact="")
            ),
            models.CheckConstraint(
                name="consent_grant_on_a_record",
                condition=~Q(act__in=["grant", "expire"]) | Q(record__isnull=False),
            ),
            models.CheckConstraint(
                name="consent_only_restrictions_carried",
                condition=Q(carried_from__isnull=True) & ~Q(method="carried")
                | Q(carried_from__isnull=False, method="carried", act__in=["withdraw", "object"]),
            ),
            models.CheckConstraint(
                name="consent_only_grants_wait_or_lift",
                condition=Q(act="grant") | Q(awaits_confirmation=False, until__isnull=True, lifts=[]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.pk}"

    @property
    def is_by_subject(self) -> bool:
        return self.method in self.BY_SUBJECT


class ConsentNote(models.Model):
    """Proof and free text of an event, and the contact value as it was given. Erasure deletes it; the event stays."""

    event = models.OneToOneField(ConsentEvent, primary_key=True, on_delete=models.PROTECT, related_name="note")
    contact_value = models.CharField(max_length=320, blank=True)
    proof = models.CharField(max_length=1000, blank=True, help_text="How it can be shown: a form, a call, a file.")
    reason = models.CharField(max_length=500, blank=True, help_text="Why whoever wrote it down did.")


class ConsentState(models.Model):
    """What a customer's events come to for a purpose, channel and contact value. Derived; written anew, never edited.

    There are rows for each value that the customer holds where anything was said about the purpose and channel at all.
    """

    class State(models.TextChoices):
        ALLOWED = "allowed", "Agreed"
        NOT_OBJECTED = "not_objected", "Not objected"
        DENIED = "denied", "Denied"
        CONFLICT = "conflict", "Contradicted"
        PENDING = "pending", "Waits for confirmation"
        EXPIRED = "expired", "Ended"
        NEVER_ASKED = "never_asked", "Never asked"

    USABLE = (State.ALLOWED, State.NOT_OBJECTED)

    id = models.BigAutoField(primary_key=True)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="consent_states")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=7, choices=Channel)
    contact = models.CharField(max_length=64, blank=True, help_text="Keyed hash of the value; empty: the person.")
    state = models.CharField(max_length=12, choices=State)
    event = models.ForeignKey(ConsentEvent, null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True, help_text="From then on the state must be worked out anew.")

    class Meta:
        ordering = ["id"]
        indexes = [
            # what must be worked out anew
            models.Index(fields=["valid_until"], name="consent_lapsing", condition=Q(valid_until__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["profile", "purpose", "channel", "contact"], name="consent_state_once")
        ]

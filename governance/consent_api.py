"""Consent in the API: what a customer may be reached for, and writing statements down. See profiles/api_base.py."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from profiles import audit
from profiles.api_base import ApiView
from profiles.customers import get_profile, granted_sources
from profiles.masking import masks_for
from profiles.models import Profile
from profiles.scopes import scope

from . import consent, consent_page, contacts
from .consent_forms import BY_STAFF
from .models import CONTACT_FIELDS, Channel, ConsentEvent, Purpose
from .permissions import RECORD_CONSENT, VIEW_CONSENT

READ = scope("consent:read", VIEW_CONSENT, "Read what customers agreed to, withdrew and objected to.")
RECORD = scope("consent:record", RECORD_CONSENT, "Write down what a customer said about a purpose.")


class StateSerializer(serializers.Serializer):
    """How one purpose, channel and contact value stand."""

    purpose = serializers.CharField(help_text="Key of the purpose.")
    channel = serializers.ChoiceField(choices=Channel.choices)
    contact = serializers.CharField(help_text="The value that the channel reaches, as this account sees it.")
    state = serializers.CharField()
    allowed = serializers.BooleanField(help_text="Whether the purpose may use the value now.")
    since = serializers.DateTimeField(allow_null=True)


class StatementSerializer(serializers.Serializer):
    """What a customer said."""

    purpose = serializers.SlugRelatedField(slug_field="key", queryset=Purpose.objects.filter(is_active=True))
    channel = serializers.ChoiceField(choices=Channel.choices)
    act = serializers.ChoiceField(choices=ConsentEvent.Act.choices)
    contact = serializers.CharField(
        required=False, allow_blank=True, max_length=320, help_text="The value that it is about; a grant needs one."
    )
    method = serializers.ChoiceField(choices=[(method, method.label) for method in BY_STAFF])
    at = serializers.DateTimeField(required=False, help_text="When it was said; now, where it is not given.")
    proof = serializers.CharField(max_length=1000)
    notice_version = serializers.CharField(required=False, max_length=40)
    language = serializers.CharField(required=False, max_length=12)
    jurisdiction = serializers.CharField(required=False, max_length=12)


class RecordedSerializer(serializers.Serializer):
    """A statement that was written down."""

    id = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()
    awaits_confirmation = serializers.BooleanField()


class ConsentView(ApiView):
    """The consent of one customer."""

    scopes: ClassVar = {"GET": READ, "POST": RECORD}

    @extend_schema(operation_id="consent", responses={200: StateSerializer(many=True)})
    def get(self, request: Request, id: UUID) -> Response:
        """Every purpose in use with its channels. The reading is audited."""
        profile = _active(request, id)
        mask = masks_for(request.user, [profile.id]).of(profile.id)
        rows = consent_page.matrix(profile, consent_page.Reader(granted_sources(request.user), mask))
        audit.read("consent.read", subjects=[profile.id], obj=profile)
        told = [_state(cell, line) for _, cells in rows for cell in cells for line in cell.lines]
        return Response(StateSerializer(told, many=True).data)

    @extend_schema(
        operation_id="record_consent",
        request=StatementSerializer,
        responses={
            201: RecordedSerializer,
            400: OpenApiResponse(description="It cannot be written down; why is told."),
        },
    )
    def post(self, request: Request, id: UUID) -> Response:
        """Write one statement down. It counts from now on."""
        profile = _active(request, id)
        given = StatementSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        event = _record(request, profile, dict(given.validated_data))
        return Response(RecordedSerializer(event).data, status=201)


def _active(request: Request, id: UUID) -> Profile:
    profile = get_profile(request, id)
    if profile.state != Profile.State.ACTIVE:
        raise Http404
    return profile


def _state(cell: consent_page.Cell, line: consent_page.Line) -> dict[str, Any]:
    return {
        "purpose": cell.purpose.key, "channel": cell.channel, "contact": line.value, "state": line.state,
        "allowed": line.state in ("allowed", "not_objected"), "since": line.since,
    }  # fmt: skip


def _record(request: Request, profile: Profile, given: dict[str, Any]) -> ConsentEvent:
    """On the record, of a source granted, that holds the value; a value that the customer does not hold is refused."""
    granted = granted_sources(request.user)
    contact, field = given.pop("contact", ""), CONTACT_FIELDS.get(given["channel"], "")
    known = contacts.held([profile.id], granted).get(profile.id, {}).get(field, {})
    value = known.get(contacts.digest(field, contact), "") if contact else ""
    if contact and not value:
        raise ValidationError({"contact": "The customer holds no such value."})
    try:
        record = consent_page.anchor_of(profile, granted, field, value)
        return consent.record(consent.Statement(**given, record_id=record.pk, contact=value), by=request.user)
    except consent.ConsentNotAllowed as refused:
        raise ValidationError({"act": str(refused)}) from refused

"""Privacy requests in the API, in the shape of OpenDSR 2.0, so that what speaks it can be pointed here.

Kept of it: the three routes, the names of members, states and identities. Not kept: its signatures by certificate; whoever
calls is known by a service token. Every request is verified here as any other: a caller's word proves nobody.
"""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from profiles.api_base import ApiView
from profiles.scopes import scope

from . import intake, permissions, requests
from .claims import Claim
from .intake import Asked
from .models import PrivacyRequest
from .models.request import State
from .requests import RequestNotAllowed

FILE = scope(
    "requests:file", permissions.FILE_REQUESTS, "File privacy requests, follow those of the account and take them back."
)
VERSION = "2.0"
REGULATIONS = {
    "gdpr": "eu", "uk_gdpr": "uk", "ccpa": "california", "lgpd": "brazil", "vcdpa": "us45", "cpa": "us45", "ctdpa": "us45",
}  # fmt: skip
TYPES = {
    "access": "access", "portability": "portability", "erasure": "deletion", "rectification": "correction",
    "restriction": "restriction", "objection": "objection", "opt_out": "objection", "limit_use": "limit",
}  # fmt: skip
IDENTITIES = {"email": "email", "mobile_phone_number": "phone"}
STATUS = {
    State.RECEIVED: "pending", State.VERIFYING: "pending", State.IN_PROGRESS: "in_progress",
    State.AWAITING_APPROVAL: "in_progress", State.FULFILLED: "completed", State.REFUSED: "cancelled",
    State.CANCELLED: "cancelled",
}  # fmt: skip


class Conflict(APIException):
    """The request cannot be taken back any more."""

    status_code = 409
    default_code = "conflict"


class IdentitySerializer(serializers.Serializer):
    """One way to know the person."""

    identity_type = serializers.ChoiceField(choices=list(IDENTITIES))
    identity_value = serializers.CharField(max_length=200)
    identity_format = serializers.ChoiceField(choices=["raw"], default="raw")


class NewRequestSerializer(serializers.Serializer):
    """A request as it is filed."""

    subject_request_id = serializers.UUIDField(help_text="The caller's own id of the request.")
    regulation = serializers.ChoiceField(choices=list(REGULATIONS))
    subject_request_type = serializers.ChoiceField(choices=list(TYPES))
    submitted_time = serializers.DateTimeField(help_text="When the person asked; the time runs from then.")
    subject_identities = IdentitySerializer(many=True, allow_empty=False)

    def validate_submitted_time(self, moment: Any) -> Any:
        if not timezone.now() - timedelta(days=365) < moment < timezone.now() + timedelta(minutes=5):
            raise serializers.ValidationError("A moment of the last year.")
        return min(moment, timezone.now())


class FiledSerializer(serializers.Serializer):
    """What is answered when a request was filed."""

    subject_request_id = serializers.UUIDField()
    received_time = serializers.DateTimeField()
    expected_completion_time = serializers.DateTimeField(help_text="When it is due.")
    reference = serializers.CharField(help_text="What people here call the request.")


class StatusSerializer(FiledSerializer):
    """How far a request is."""

    request_status = serializers.ChoiceField(choices=["pending", "in_progress", "completed", "cancelled"])
    api_version = serializers.CharField()


class DiscoverySerializer(serializers.Serializer):
    """What requests may name."""

    api_version = serializers.CharField()
    supported_regulations = serializers.ListField(child=serializers.CharField())
    supported_subject_request_types = serializers.ListField(child=serializers.CharField())
    supported_identities = IdentitySerializer(many=True)


class DiscoveryView(ApiView):
    """What can be asked for."""

    scopes: ClassVar = {"GET": FILE}

    @extend_schema(operation_id="opendsr_discovery", responses={200: DiscoverySerializer})
    def get(self, request: Request) -> Response:
        """Regulations, rights and identities that requests may name."""
        identities = [{"identity_type": name, "identity_format": "raw"} for name in IDENTITIES]
        told = {"supported_regulations": list(REGULATIONS), "supported_subject_request_types": list(TYPES)}
        return Response({"api_version": VERSION, **told, "supported_identities": identities})


class RequestsView(ApiView):
    """Filing requests."""

    scopes: ClassVar = {"POST": FILE}

    @extend_schema(
        operation_id="opendsr_file",
        request=NewRequestSerializer,
        responses={201: FiledSerializer, 200: OpenApiResponse(FiledSerializer, "It was filed before, under this id.")},
    )
    def post(self, request: Request) -> Response:
        """File a request for a person. The same id of the same account files it once."""
        given = NewRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        known = _find(request, given.validated_data["subject_request_id"])
        if known is None:
            try:
                with transaction.atomic():
                    filed = intake.file_by_service(
                        asked=_asked(given.validated_data), by=request.user,
                        external_id=str(given.validated_data["subject_request_id"]),
                    )  # fmt: skip
                    return Response(FiledSerializer(_told(filed)).data, status=201)
            except IntegrityError:  # the same call came twice at once
                known = _find(request, given.validated_data["subject_request_id"])
        return Response(FiledSerializer(_told(known)).data)


class RequestView(ApiView):
    """One request of the account."""

    scopes: ClassVar = {"GET": FILE, "DELETE": FILE}

    @extend_schema(operation_id="opendsr_status", responses={200: StatusSerializer})
    def get(self, request: Request, id: UUID) -> Response:
        """How far a request is."""
        return Response(StatusSerializer(_told(_own(request, id))).data)

    @extend_schema(
        operation_id="opendsr_cancel",
        responses={
            202: StatusSerializer,
            409: OpenApiResponse(description="It is being carried out, or was answered."),
        },
    )
    def delete(self, request: Request, id: UUID) -> Response:
        """Take a request back."""
        try:
            cancelled = requests.cancel(request=_own(request, id), by=request.user)
        except RequestNotAllowed as refused:
            raise Conflict(str(refused)) from refused
        return Response(StatusSerializer(_told(cancelled)).data, status=202)


def _find(request: Request, external_id: UUID) -> PrivacyRequest | None:
    return PrivacyRequest.objects.filter(filed_by=request.user, external_id=str(external_id)).first()


def _own(request: Request, external_id: UUID) -> PrivacyRequest:
    found = _find(request, external_id)
    if found is None:
        raise Http404
    return found


def _asked(data: dict[str, Any]) -> Asked:
    values = {IDENTITIES[one["identity_type"]]: one["identity_value"] for one in data["subject_identities"]}
    return Asked(
        TYPES[data["subject_request_type"]], REGULATIONS[data["regulation"]], Claim(**values),
        received_at=data["submitted_time"],
    )  # fmt: skip


def _told(found: PrivacyRequest) -> dict[str, Any]:
    return {
        "subject_request_id": found.external_id, "received_time": found.received_at,
        "expected_completion_time": found.due_at, "reference": found.short_id,
        "request_status": STATUS[State(found.state)], "api_version": VERSION,
    }  # fmt: skip

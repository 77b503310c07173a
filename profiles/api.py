"""Routes of this app in the API. See api_base.py for what they share."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from . import audit
from .api_base import ApiView, Gone
from .customers import ShownCustomer, get_profile, show
from .models import Profile
from .scopes import READ_CUSTOMERS


class ValueSerializer(serializers.Serializer):
    """A golden value as the account may see it."""

    field = serializers.CharField(help_text="Name of the canonical field.")
    value = serializers.CharField()
    is_masked = serializers.BooleanField(help_text="Whether parts of the value are hidden from this account.")
    rule = serializers.CharField(help_text="The rule that chose the value.")


class CustomerSerializer(serializers.Serializer):
    """A customer as the account may see it: what the sources granted to it support, with no sign of others."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    record_count = serializers.IntegerField(help_text="Records of the sources granted.")
    values = serializers.SerializerMethodField()

    @extend_schema_field(ValueSerializer(many=True))
    def get_values(self, customer: ShownCustomer) -> list[dict[str, object]]:
        found = [value for values in customer.golden.values() for value in values]
        return ValueSerializer(found, many=True).data


class CustomerView(ApiView):
    """One customer."""

    scopes: ClassVar = {"GET": READ_CUSTOMERS}

    @extend_schema(
        operation_id="customer",
        responses={
            200: CustomerSerializer,
            404: OpenApiResponse(description="No customer that the account may know of."),
            410: OpenApiResponse(description="Merged (canonical_id names who stands for it now) or erased."),
        },
    )
    def get(self, request: Request, id: UUID) -> Response:
        """The golden values of a customer. The reading is audited."""
        profile = get_profile(request, id)
        if profile.state != Profile.State.ACTIVE:
            raise _gone(request, profile)
        shown = show([profile.id], request.user)[profile.id]
        audit.read("customer.read", subjects=[profile.id], obj=profile)
        return Response(CustomerSerializer(shown).data)


def _gone(request: Request, profile: Profile) -> Gone:
    """Merged, with the way on for who may see that; or erased, without one."""
    gone = Gone("The customer was merged into another, or erased.")
    if Profile.objects.visible_to(request.user).filter(pk=profile.canonical_id).exists():
        gone.more = {"canonical_id": str(profile.canonical_id)}
    return gone

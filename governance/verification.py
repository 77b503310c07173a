"""Proving who asks, by a code sent to a contact point that is known: 6 digits, 10 minutes, 5 tries.

A try is counted before it is looked at, in one statement that commits on its own: however many come at once, no more than
five are compared. Only the keyed hash of a code is kept.
"""

import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from profiles.encryption import digest
from profiles.models import Profile

from . import claims, messages
from .models import OutgoingMessage, PrivacyRequest, VerificationCode

TEXT = (
    "Your code is {code}. It is valid for {minutes} minutes. If you have asked us for nothing, do nothing.\n\n{who}\n"
)
# counts a try of the newest code; gives the code back only when the try may be looked at
TRY = """
UPDATE governance_verificationcode SET tries = tries + 1
WHERE id = (SELECT id FROM governance_verificationcode WHERE request_id = %s ORDER BY id DESC LIMIT 1)
    AND tries < 5 AND used_at IS NULL AND expires_at > clock_timestamp()
RETURNING id, digest, profile_id
"""


def send_code(*, request: PrivacyRequest, profile: Profile) -> VerificationCode | None:
    """Send a code to the contact point that the requester named and the profile has; none after three of a request."""
    if request.codes.count() >= VerificationCode.PER_REQUEST:
        return None
    code = f"{secrets.randbelow(1_000_000):06d}"
    made = VerificationCode.objects.create(
        request=request, profile=profile, digest=_digest(request.pk, code),
        expires_at=timezone.now() + timedelta(minutes=VerificationCode.MINUTES),
    )  # fmt: skip
    claim = claims.unseal(request)
    channel = OutgoingMessage.Channel.EMAIL if claim.email else OutgoingMessage.Channel.SMS
    text = TEXT.format(code=code, minutes=VerificationCode.MINUTES, who=settings.ORGANISATION)
    messages.write(
        channel=channel, recipient=claim.email or claim.phone, template=messages.CODE, subject="Your code", body=text,
        request=request,
    )  # fmt: skip
    return made


def _digest(request_id: UUID, code: str) -> bytes:
    return digest(f"{request_id}\0{code}", purpose="verification code")


def prove(*, request: PrivacyRequest, code: str) -> Profile | None:
    """The person whose contact point got this code; none when it is wrong, used, too old or tried too often.

    The work is the same in each case: one count, one hash, one comparison.
    """
    with transaction.atomic(durable=not connection.in_atomic_block), connection.cursor() as cursor:
        cursor.execute(TRY, [request.pk])
        row = cursor.fetchone()
    given = _digest(request.pk, code.strip())
    kept = bytes(row[1]) if row else bytes(32)
    if not hmac.compare_digest(given, kept) or row is None:
        return None
    used = VerificationCode.objects.filter(pk=row[0], used_at__isnull=True).update(used_at=timezone.now())
    return Profile.objects.get(pk=row[2]) if used else None

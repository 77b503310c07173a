"""Files of privacy requests: sealed when they come in, opened for who works on the request."""

from django.db import transaction

from profiles import audit
from profiles.encryption import Place, decrypt, encrypt
from profiles.models import User

from .models import PrivacyRequest, RequestAttachment
from .models.request import OPEN
from .requests import RequestNotAllowed, locked

LARGEST = 10_000_000
TABLE = "governance_requestattachment"


@transaction.atomic
def attach(
    *, request: PrivacyRequest, purpose: str, name: str, content: bytes, content_type: str, by: User | None
) -> RequestAttachment:
    """Add a file to a request. Its name is kept as given, so that whoever adds it sees to what it says."""
    if len(content) > LARGEST:
        raise RequestNotAllowed("A file may have 10 MB at most.")
    if locked(request).state not in OPEN and purpose != RequestAttachment.Purpose.LETTER:
        raise RequestNotAllowed("The request is closed: nothing is added to it any more.")
    added = RequestAttachment.objects.create(
        request=request, purpose=purpose, name=name[:200], content_type=content_type[:100], size=len(content),
        sealed=b"", added_by=by,
    )  # fmt: skip
    added.sealed = encrypt(content, place=Place(TABLE, "sealed", added.pk))
    added.save(update_fields=["sealed"])
    audit.record("request.attached", obj=added, detail={"purpose": purpose, "request": str(request.pk)})
    return added


def content_of(attachment: RequestAttachment) -> bytes:
    """What was attached."""
    return decrypt(bytes(attachment.sealed), place=Place(TABLE, "sealed", attachment.pk))

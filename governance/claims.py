"""What a requester wrote of themselves and of what they want: sealed in the row of the request, read through here."""

import re
from dataclasses import asdict, dataclass

import orjson

from profiles.encryption import Place, decrypt, digest, encrypt

from .models import PrivacyRequest

TABLE = "governance_privacyrequest"


@dataclass(frozen=True, slots=True)
class Claim:
    """Who says to ask, where they can be reached, and their own words."""

    name: str = ""
    email: str = ""
    phone: str = ""
    message: str = ""

    @property
    def contact(self) -> str:
        """The contact point, as it is compared: an e-mail in lower case, or the digits of a phone."""
        return self.email.strip().lower() or re.sub(r"\D", "", self.phone)


def seal(request: PrivacyRequest, claim: Claim) -> None:
    """Put a claim into a request, unsaved."""
    request.claim = encrypt(orjson.dumps(asdict(claim)), place=Place(TABLE, "claim", request.pk))
    request.claim_digest = digest_of(claim.contact) if claim.contact else ""


def unseal(request: PrivacyRequest) -> Claim:
    """The claim of a request; an empty one when it was erased or never made."""
    if request.claim is None:
        return Claim()
    return Claim(**orjson.loads(decrypt(bytes(request.claim), place=Place(TABLE, "claim", request.pk))))


def digest_of(contact: str) -> str:
    """The keyed hash by which requests of one contact point are found."""
    return digest(contact, purpose="contact of a privacy request").hex()


def seal_refusal(request: PrivacyRequest, text: str) -> None:
    """Put what the person is told of a refusal into the request, unsaved."""
    request.refusal_text = encrypt(text.encode(), place=Place(TABLE, "refusal_text", request.pk))


def refusal_of(request: PrivacyRequest) -> str:
    """What the person is told of a refusal."""
    if request.refusal_text is None:
        return ""
    return decrypt(bytes(request.refusal_text), place=Place(TABLE, "refusal_text", request.pk)).decode()

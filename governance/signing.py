"""The key that signs seals: Ed25519, kept outside the database, so that whoever can write rows cannot sign them."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings


class NoSigningKey(LookupError):
    """No key was configured: nothing is sealed."""


class BadSigningKey(ValueError):
    """A configured key is none; the message says which."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and the id of its public half."""

    private: Ed25519PrivateKey
    key_id: str

    def sign(self, content: bytes) -> bytes:
        return self.private.sign(content)


def key_id_of(public: Ed25519PublicKey) -> str:
    """What a key is called in seals: 16 hexadecimal digits of the hash of its public half."""
    return sha256(public.public_bytes_raw()).hexdigest()[:16]


def signer() -> Signer:
    """The key in force. Raises NoSigningKey when there is none."""
    if not settings.AUDIT_SIGNING_KEY:
        raise NoSigningKey("Set AUDIT_SIGNING_KEY: nothing is sealed without it.")
    return _signer(settings.AUDIT_SIGNING_KEY)


@lru_cache(maxsize=4)
def _signer(text: str) -> Signer:
    private = Ed25519PrivateKey.from_private_bytes(_raw(text, "AUDIT_SIGNING_KEY"))
    return Signer(private, key_id_of(private.public_key()))


def trusted_keys() -> dict[str, Ed25519PublicKey]:
    """Public keys by id: that of the key in force, and the earlier ones the settings name."""
    earlier = [
        Ed25519PublicKey.from_public_bytes(_raw(text, "AUDIT_TRUSTED_KEYS")) for text in settings.AUDIT_TRUSTED_KEYS
    ]
    keys = [*earlier, signer().private.public_key()] if settings.AUDIT_SIGNING_KEY else earlier
    return {key_id_of(key): key for key in keys}


def is_signed(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    """Whether the signature is this key's over this content."""
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def new_key() -> tuple[str, str]:
    """A fresh pair as text: the private half for AUDIT_SIGNING_KEY, the public one for AUDIT_TRUSTED_KEYS later."""
    private = Ed25519PrivateKey.generate()
    halves = private.private_bytes_raw(), private.public_key().public_bytes_raw()
    return b64encode(halves[0]).decode(), b64encode(halves[1]).decode()


def _raw(text: str, name: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except ValueError as error:
        raise BadSigningKey(f"{name} must be base64.") from error
    if len(raw) != 32:
        raise BadSigningKey(f"{name} must be 32 bytes in base64; `manage.py audit_key` makes one.")
    return raw

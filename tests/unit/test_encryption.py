"""What is stored is sealed for its place: nothing opens elsewhere, changed, or under another key."""

import io
import os

import pytest

from profiles import encryption, keyring
from profiles.encryption import KeyMissing, Moved, NotReadable, Place, Tampered, WrongKey, decrypt, encrypt
from profiles.sealed_files import CHUNK, TAG, SealedWriter, decrypt_file, encrypt_file, open_sealed

HERE = Place("profiles_sourcerecord", "payload", 7)
ONE, TWO, OTHER_ONE = keyring.new_key(1), keyring.new_key(2), keyring.new_key(1)
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5]


@pytest.fixture(autouse=True)
def _keys(settings: object) -> None:
    settings.ENCRYPTION_KEYS, settings.DIGEST_KEYS = ONE, ONE


@pytest.mark.parametrize("plain", [b"", b"x", b'{"name": "Ada"}', os.urandom(5_000)], ids=len)
def test_what_is_sealed_opens_at_its_place_and_costs_83_bytes(plain: bytes) -> None:
    sealed = encrypt(plain, place=HERE)
    assert (decrypt(sealed, place=HERE), decrypt(memoryview(sealed), place=HERE)) == (plain, plain)
    assert len(sealed) == len(plain) + 83
    assert encryption.is_sealed(sealed)
    assert sealed != encrypt(plain, place=HERE)


@pytest.mark.parametrize(
    "place",
    [Place("profiles_recordversion", "payload", 7), Place("profiles_sourcerecord", "x", 7), Place("profiles_sourcerecord", "payload", 8)],
    ids=lambda place: f"{place.table}.{place.column}.{place.row}",
)  # fmt: skip
def test_elsewhere_it_does_not_open(place: Place) -> None:
    with pytest.raises(Moved):
        decrypt(encrypt(b"Ada", place=HERE), place=place)


def test_no_bit_can_be_changed_and_no_byte_cut_off() -> None:
    sealed = encrypt(b"Ada Lovelace", place=HERE)
    for at in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[at // 8] ^= 1 << at % 8
        if at // 8 in range(3, 7):  # the check of the place only helps to say what is wrong
            continue
        with pytest.raises(NotReadable):
            decrypt(bytes(changed), place=HERE)
    for length in range(len(sealed)):
        with pytest.raises(NotReadable):
            decrypt(sealed[:length], place=HERE)


def test_the_message_says_what_is_wrong(settings: object) -> None:
    sealed = encrypt(b"Ada", place=HERE)
    with pytest.raises(Tampered, match="was changed"):
        decrypt(sealed[:-1] + bytes([sealed[-1] ^ 1]), place=HERE)
    settings.ENCRYPTION_KEYS = OTHER_ONE
    with pytest.raises(WrongKey, match="Version 1 of ENCRYPTION_KEYS is not the key"):
        decrypt(sealed, place=HERE)
    settings.ENCRYPTION_KEYS = TWO
    with pytest.raises(KeyMissing, match="version 1 of ENCRYPTION_KEYS, which is not among them"):
        decrypt(sealed, place=HERE)


def test_several_keys_are_read_and_the_first_one_writes(settings: object) -> None:
    old = encrypt(b"Ada", place=HERE)
    settings.ENCRYPTION_KEYS = f"{TWO},{ONE}"
    new = encrypt(b"Ada", place=HERE)
    assert (encryption.key_version(old), encryption.key_version(new)) == (1, 2)
    assert decrypt(old, place=HERE) == decrypt(new, place=HERE) == b"Ada"


def test_a_rotation_wraps_anew_and_leaves_the_content(settings: object) -> None:
    old = encrypt(b"Ada", place=HERE)
    settings.ENCRYPTION_KEYS = f"{TWO},{ONE}"
    new = encryption.rewrap(old)
    settings.ENCRYPTION_KEYS = TWO
    assert decrypt(new, place=HERE) == b"Ada"
    assert new[encryption.HEADER :] == old[encryption.HEADER :]
    with pytest.raises(Moved):
        decrypt(new, place=Place("profiles_sourcerecord", "payload", 8))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "ENCRYPTION_KEYS_FILE"), (",", "is empty"), ("nonsense", "version:base64"), ("0:AAAA", "version:base64"), ("70000:AAAA", "version:base64"),
        ("1:!", "not base64"), ("1:AAAA", "must be 32 bytes"), (f"{ONE},{OTHER_ONE}", "version 1 twice"),
    ],
    ids=["none", "empty", "nonsense", "version 0", "version too high", "not base64", "too short", "twice"],
)  # fmt: skip
def test_keys_that_are_none_are_told_without_their_content(settings: object, text: str, says: str) -> None:
    settings.ENCRYPTION_KEYS, settings.ENCRYPTION_KEYS_FILE = text, ""
    with pytest.raises((keyring.NoKey, keyring.BadKey), match=says) as raised:
        encrypt(b"x", place=HERE)
    assert ONE.partition(":")[2] not in str(raised.value)


def test_a_file_of_keys_is_read_again_when_it_changes(settings: object, tmp_path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"{ONE}\n")
    settings.ENCRYPTION_KEYS, settings.ENCRYPTION_KEYS_FILE = "", str(path)
    assert keyring.ring(keyring.ENCRYPTION).in_force == 1
    path.write_text(f"{TWO}\n{ONE}\n")
    os.utime(path, ns=(1, 1))  # whatever the clock's steps
    assert keyring.ring(keyring.ENCRYPTION).in_force == 2
    path.unlink()
    with pytest.raises(keyring.NoKey, match="No such file"):
        keyring.ring(keyring.ENCRYPTION)


def test_digests_are_equal_per_purpose_and_key_and_old_versions_are_looked_up(settings: object) -> None:
    before = encryption.digest("a@example.com", purpose="suppression")
    assert before == encryption.digest(b"a@example.com", purpose="suppression")
    assert (
        len(
            {
                before,
                encryption.digest("a@example.com", purpose="code"),
                encryption.blind_index("a@example.com", purpose="suppression"),
            }
        )
        == 3
    )
    settings.DIGEST_KEYS = f"{TWO},{ONE}"
    assert (encryption.digest_version(), list(encryption.digests("a@example.com", purpose="suppression"))) == (
        2,
        [2, 1],
    )
    assert encryption.digests("a@example.com", purpose="suppression")[1] == before
    assert encryption.digest("a@example.com", purpose="suppression", version=1) == before
    index = encryption.blind_index("12345", purpose="national_id")
    assert encryption.blind_indexes("12345", purpose="national_id")[0] == index


def _sealed(content: bytes) -> bytes:
    target = io.BytesIO()
    encrypt_file(io.BytesIO(content), target, place=HERE)
    return target.getvalue()


def _opened(sealed: bytes) -> bytes:
    target = io.BytesIO()
    decrypt_file(io.BytesIO(sealed), target, place=HERE)
    return target.getvalue()


@pytest.mark.parametrize("size", SIZES)
def test_files_of_every_size_come_back(size: int, tmp_path) -> None:
    content = os.urandom(size)
    sealed = _sealed(content)
    assert _opened(sealed) == content
    (tmp_path / "file").write_bytes(sealed)
    with open_sealed(tmp_path / "file", place=HERE) as file:
        assert file.read(10) == content[:10]
        file.seek(0)
        assert file.read() == content


@pytest.mark.parametrize("size", SIZES)
def test_a_file_cut_off_anywhere_does_not_open(size: int) -> None:
    sealed = _sealed(os.urandom(size))
    for length in {
        0,
        10,
        encryption.HEADER,
        *range(encryption.HEADER + CHUNK + TAG, len(sealed), CHUNK + TAG),
        len(sealed) - 1,
    }:
        with pytest.raises(NotReadable):
            _opened(sealed[:length])


def test_chunks_in_another_order_repeated_or_from_another_file_do_not_open() -> None:
    one, other = _sealed(bytes(4 * CHUNK)), _sealed(bytes(4 * CHUNK))
    at = [slice(encryption.HEADER + n * (CHUNK + TAG), encryption.HEADER + (n + 1) * (CHUNK + TAG)) for n in range(4)]
    head = one[: encryption.HEADER]
    for chunks in (
        [one[at[1]], one[at[0]], one[at[2]], one[at[3]]], [one[at[0]], one[at[0]], one[at[2]], one[at[3]]],
        [one[at[0]], one[at[1]], other[at[2]], one[at[3]]], [one[at[0]], one[at[1]], one[at[2]], one[at[3]], one[at[3]]],
    ):  # fmt: skip
        with pytest.raises(Tampered):
            _opened(b"".join([head, *chunks]))


def test_a_file_whose_writing_failed_does_not_open() -> None:
    target = io.BytesIO()
    with pytest.raises(RuntimeError), SealedWriter(target, place=HERE) as writer:
        writer.write(b"half of it")
        raise RuntimeError("the other half")
    with pytest.raises(NotReadable):
        _opened(target.getvalue())


def test_a_file_of_another_place_and_a_value_as_a_file_do_not_open() -> None:
    target = io.BytesIO()
    with pytest.raises(Moved):
        decrypt_file(io.BytesIO(_sealed(b"Ada")), target, place=Place("profiles_batch", "stored_file", 8))
    with pytest.raises(Tampered):
        _opened(encrypt(b"Ada", place=HERE))
    assert target.getvalue() == b""

"""Ids of profiles, operations and jobs: UUIDv7, in order of time, never derived from data, never reused."""

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A fresh UUIDv7."""
    return uuid7()

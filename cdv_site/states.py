"""How a state looks: tone and icon for each code the models use. The word comes from the model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """A tone of the kit and an icon: colour is never the only sign."""

    tone: str
    icon: str


PLAIN = Look("plain", "circle-dashed")
LOOKS = {
    # waits
    "queued": Look("plain", "clock"),
    "waiting": Look("plain", "clock"),
    "draft": Look("plain", "circle-dashed"),
    "requested": Look("info", "clock"),
    "reported": Look("info", "clock"),
    "received": Look("info", "clock"),
    "open": Look("info", "circle-dashed"),
    # under way
    "running": Look("info", "loader-2"),
    "publishing": Look("info", "loader-2"),
    "undoing": Look("info", "loader-2"),
    "verifying": Look("info", "user-check"),
    "in_progress": Look("info", "loader-2"),
    "awaiting_approval": Look("info", "user-check"),
    # good ends
    "fulfilled": Look("ok", "circle-check"),
    "active": Look("ok", "circle-check"),
    "resolved": Look("ok", "circle-check"),
    "done": Look("ok", "circle-check"),
    "published": Look("ok", "circle-check"),
    "replayed": Look("ok", "circle-check"),
    "accepted": Look("ok", "circle-check"),
    "corrected": Look("ok", "circle-check"),
    "approved": Look("ok", "user-check"),
    "confirmed": Look("ok", "user-check"),
    "told": Look("info", "flag"),
    "right": Look("plain", "circle-check"),
    # ends that need a look
    "failed": Look("bad", "alert-circle"),
    "refused": Look("bad", "ban"),
    "quarantined": Look("warn", "alert-triangle"),
    # no longer in force
    "merged": Look("plain", "arrows-join"),
    "undone": Look("plain", "arrow-back-up"),
    "withdrawn": Look("plain", "archive"),
    "erased": Look("plain", "trash"),
    "cancelled": Look("plain", "ban"),
    "dismissed": Look("plain", "circle-minus"),
    "discarded": Look("plain", "circle-minus"),
    "dropped": Look("plain", "circle-minus"),
    "rejected": Look("plain", "circle-x"),
    "outdated": Look("plain", "history"),
    "expired": Look("plain", "clock"),
    "lapsed": Look("warn", "clock"),
    "released": Look("plain", "arrow-back-up"),
    "retired": Look("plain", "archive"),
    # what stops use
    "restricted": Look("warn", "lock"),
    "hold": Look("warn", "scale"),
    # what they agreed to
    "allowed": Look("ok", "circle-check"),
    "not_objected": Look("ok", "circle-dashed"),
    "denied": Look("bad", "ban"),
    "conflict": Look("warn", "alert-triangle"),
    "pending": Look("info", "clock"),
    "never_asked": Look("plain", "circle-minus"),
    "grant": Look("ok", "circle-check"),
    "withdraw": Look("bad", "ban"),
    "object": Look("bad", "ban"),
    "expire": Look("plain", "clock"),
    # who a customer is
    "person": Look("plain", "user"),
    "organisation": Look("plain", "building"),
    # how a record came to its customer
    "system": Look("plain", "database"),
    "rule": Look("info", "scale"),
    "model": Look("info", "sparkles"),
    "verified": Look("ok", "user-check"),
}


def look_of(code: str) -> Look:
    """The look of a state; an unknown one is shown plainly."""
    return LOOKS.get(code, PLAIN)

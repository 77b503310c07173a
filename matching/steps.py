"""Steps: functions run inside an operation's transaction after the memberships moved; an error rolls all back."""

from collections.abc import Callable, Sequence

from profiles.models import IdentityOperation, RecordMove
from profiles.registry import Registry

Step = Callable[[Sequence[IdentityOperation], Sequence[RecordMove]], None]
STEPS: Registry[Step] = Registry("steps of identity operations")


def run_steps(operations: Sequence[IdentityOperation], moves: Sequence[RecordMove]) -> None:
    for step in STEPS.values():
        step(operations, moves)

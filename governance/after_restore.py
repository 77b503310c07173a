"""What must be done after a restore, before the site opens: above all, erase again whom the backup still knew.

Upper code registers its steps; `manage.py restore` runs them in order, each at least once, and opens the site when all are
done. A step must do no harm when it is run twice: a restore that was stopped runs them again.
"""

from collections.abc import Callable

from profiles.registry import Registry


class NotDone(Exception):
    """A step cannot be done; the message says what is missing. The site stays closed."""


# name → does it, and says in a sentence what it did
STEPS: Registry[Callable[[], str]] = Registry("steps after a restore")


def run(say: Callable[[str], None]) -> None:
    """Run every step in order; what one raises stops the restore, and the site stays closed."""
    for name, step in STEPS.items():
        say(f"{name}: {step()}")

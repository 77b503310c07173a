"""The jobs of full runs. What they do is imported when it is done: Arrow is no part of starting the site."""

from profiles.jobs import Claim


def run_calculation(claim: Claim) -> None:
    """Read, find pairs, decide, report: one step, or a part of one."""
    from .calculating import run_calculation

    run_calculation(claim)


def run_publication(claim: Claim) -> None:
    """Carry out a part of what was decided."""
    from .publishing import run_publication

    run_publication(claim)


def run_undo(claim: Claim) -> None:
    """Undo a published run."""
    from .undoing import run_undo

    run_undo(claim)

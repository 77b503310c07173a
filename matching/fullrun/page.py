"""What the pages of full runs show: progress in words, and the figures of the report as rows and bars."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matching.models import FullRun
from profiles.work import KINDS

from .flow import parts_of
from .tally import SIZES

Step = FullRun.Step
CALCULATION = (Step.READ, Step.PAIRS, Step.DECIDE, Step.REPORT)
FAR_MORE = 4  # times as many records as a version was made for
COUNTS = (
    ("merged", "Customers merged into another"),
    ("founded", "New customers"),
    ("joined", "Records that join a customer"),
    ("proposals", "Pairs for the review queue"),
    ("splits", "Splits proposed"),
    ("households", "Household links"),
)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: its step in words, parts done of all, and why it does not go on."""

    label: str
    done: int
    total: int
    stopped: str = ""
    is_waiting: bool = False


def progress_of(run: FullRun) -> Progress:
    """2 queries."""
    steps = CALCULATION if run.step in CALCULATION else (run.step,)
    parts = {step: parts_of(run, step) for step in steps}
    done = run.run_parts.filter(step__in=steps, done_at__isnull=False).count()
    open_jobs = run.open_jobs()
    ended = [job for job in open_jobs if not job.is_open]
    stopped = next((job.message or "It was stopped." for job in ended), "")
    waiting = bool(open_jobs) and all(job.state == "queued" for job in open_jobs)
    return Progress(Step(run.step).label, done, sum(parts.values()), stopped, waiting)


def figures_shown(run: FullRun) -> dict[str, Any]:
    """The report as rows: what would be done and was done, reasons, sizes, oversize keys."""
    figures = run.figures
    done = figures.get("published", {})
    reasons = sorted(figures["reasons"].items(), key=lambda item: -item[1])
    sizes = {int(size): n for size, n in figures["sizes"].items()}
    return {
        "counts": [(label, figures["counts"].get(name, 0), done.get(name)) for name, label in COUNTS],
        "published": bool(done),
        "reasons": [(KINDS["proposal"].reason(code), n, None) for code, n in reasons],
        "reviews": sum(figures["reasons"].values()),
        "sizes": [(label, sizes.get(low, 0), None) for low, label in _classes()],
        "clusters": sum(sizes.values()),
        "oversize": figures["oversize"],
        "brake": figures["brake"],
        "made_for": _made_for_fewer(run),
        "evaluation": figures["evaluation"],
    }


def _made_for_fewer(run: FullRun) -> int:
    """For how many records the version was made, if those are far fewer than it ran over; else 0."""
    fits = int(run.figures.get("made_for", 0))
    return fits if run.records > FAR_MORE * fits else 0


def _classes() -> list[tuple[int, str]]:
    labels = [(low, str(low) if high == low + 1 else f"{low} to {high - 1}") for low, high in pairwise(SIZES)]
    return [
        (low, f"{label} record{'' if label == '1' else 's'}")
        for low, label in [*labels, (SIZES[-1], f"{SIZES[-1]} or more")]
    ]

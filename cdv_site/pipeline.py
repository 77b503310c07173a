"""The flow: its steps in order, what waits before each, and which job follows which. Nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from matching import permissions as matching_permissions
from profiles import permissions
from profiles.models import User

from . import waiting


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the flow: where its code is, which job does it, and what waits before it (in words, as a count)."""

    key: str
    title: str
    module: str
    job: str = ""
    waits: str = ""
    count: Callable[[User], int] | None = None
    url_name: str = ""
    permission: str = ""


STEPS = (
    Step("receive", "Receive", "profiles/records.py", "import",
         "Imports under way", waiting.imports, "profiles:imports", permissions.VIEW_IMPORTS),
    Step("canonical", "Standardise", "profiles/canonical", "import"),
    Step("gate", "Gate", "profiles/gates.py", "import",
         "Rows set aside", waiting.rows_set_aside, "profiles:imports", permissions.VIEW_IMPORTS),
    Step("keys", "Keys", "matching/blocking.py", "import"),
    Step("candidates", "Candidates", "matching/engine/candidates.py", "resolve",
         "Records to resolve", waiting.records, "profiles:jobs", permissions.VIEW_JOBS),
    Step("compare", "Compare", "matching/engine/compare.py", "resolve"),
    Step("score", "Score", "matching/engine/score.py", "resolve"),
    Step("decide", "Decide", "matching/engine/decide.py", "resolve"),
    Step("review", "Review", "matching/review.py", "",
         "Proposals to review", waiting.proposals, "matching:queue", matching_permissions.VIEW_QUEUE),
    Step("join", "Join, merge, split, undo", "matching/identity.py", "resolve"),
    Step("golden", "Golden values", "profiles/golden.py", "rebuild",
         "Rebuilds under way", waiting.rebuilds, "profiles:jobs", permissions.VIEW_JOBS),
    Step("use", "Use", "profiles/customers.py", "",
         "Issues to answer", waiting.issues, "profiles:issues", permissions.ANSWER_FLAGS),
)  # fmt: skip

# job kind → kinds that it may queue
FOLLOWS: dict[str, frozenset[str]] = {
    "import": frozenset({"resolve", "rebuild", "consent_import"}),  # rebuild: a version was published while it ran
    "undo_import": frozenset(
        {"resolve", "rebuild", "consent_import"}
    ),  # rebuild: it brought back what an older version read
    "rebuild": frozenset({"resolve", "consent_import"}),
    "rekey": frozenset({"resolve"}),
    "resolve": frozenset(),
    "match_again": frozenset(),
    "erase_target": frozenset({"erase_target"}),  # those that waited for it, and at last the sweep
    "prune": frozenset(),
    "evaluate_model": frozenset(),
    "shadow_run": frozenset(),
    "full_run": frozenset({"full_run"}),  # each step the next
    "full_run_publish": frozenset(),
    "full_run_undo": frozenset(),
    "fulfil_request": frozenset({"deliver_message"}),
    "admit_request": frozenset({"deliver_message", "fulfil_request"}),
    "deliver_message": frozenset(),
    "consent_spread": frozenset(),
    "consent_import": frozenset({"consent_spread"}),
}

"""What state machines over the world share: the database they begin from, refusals, and how they are run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.databases import TestDatabase
from tests.matching.world import REFUSALS

NUMBER, MASK = st.integers(0, 11), st.integers(1, 15)
ROW = st.tuples(st.integers(1, 5), st.integers(0, 5), st.integers(0, 31), st.sampled_from(["", "1", "2", "3"]))


class WorldMachine(RuleBasedStateMachine):
    """Acts in any order; a refusal is an answer too."""

    renew: Callable[[], None]
    refused = False

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A refusal rolls everything back: there is nothing new to look at."""
        try:
            yield
        except REFUSALS:
            self.refused = True


def renewing(database: TestDatabase, name: str) -> Iterator[Callable[[], None]]:
    """Keep the database as it is under a name; the value goes back to it."""
    template = database.keep(name)
    yield lambda: database.renew(template)
    database.drop(template)


def run(machine: type[RuleBasedStateMachine], renew: Callable[[], None], examples: int, steps: int) -> None:
    """Try so many examples of so many steps, each from the database as it was kept."""
    bounds = settings(
        max_examples=examples, stateful_step_count=steps, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(type("Machine", (machine,), {"renew": staticmethod(renew)}), settings=bounds)

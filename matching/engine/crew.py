"""Processes that work on one state: forked when it is complete, so that nothing of it is copied."""

import gc
import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import Pool
from types import TracebackType
from typing import Any, Self, TypeVar

State = TypeVar("State")
Argument = TypeVar("Argument")
Result = TypeVar("Result")

_state: list[Any] = []  # what the processes of a crew inherit


class Crew:
    """So many processes that share `state`; with one, everything is done right here.

    The state is inherited by fork and must be complete: what a process works out later, it works out for itself.
    """

    def __init__(self, state: Any, size: int = 1) -> None:
        self.state, self.size = state, size
        self.pool: Pool | None = None

    def __enter__(self) -> Self:
        if self.size > 1:
            _state[:] = [self.state]
            gc.collect()
            gc.freeze()  # counted objects are not touched by the collector, so their pages stay shared
            self.pool = multiprocessing.get_context("fork").Pool(self.size)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.pool:
            self.pool.terminate()
            self.pool.join()
            gc.unfreeze()
            _state.clear()

    def map(self, task: Callable[[Any, Argument], Result], arguments: Iterable[Argument]) -> list[Result]:
        """`task(state, argument)` for each argument, in order; `task` must be a function of a module."""
        if self.pool is None:
            return [task(self.state, argument) for argument in arguments]
        return self.pool.starmap(_do, [(task, argument) for argument in arguments], chunksize=1)


def at_once(tasks: Iterable[Callable[[], Any]], threads: int) -> list[Any]:
    """The results of tasks that mostly work outside of Python, done by so many threads."""
    if threads == 1:
        return [task() for task in tasks]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda task: task(), tasks))


def _do(task: Callable[[Any, Argument], Result], argument: Argument) -> Result:
    return task(_state[0], argument)

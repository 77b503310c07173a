"""The verbs of the house by noun: each module lists `VERBS`, rows of (module.verb, what prepares it on a cast, and the audit
events it writes, in order). A module that is added is found."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

Verb = tuple[str, Callable, list[str]]
VERBS: list[Verb] = [row for found in iter_modules(__path__) for row in import_module(f"{__name__}.{found.name}").VERBS]

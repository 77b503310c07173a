"""One module per noun; import models from here."""

from .brake import RunBrake
from .decision import CannotLink, CannotLinkRecord, Decision
from .evaluation import Evaluation, ShadowRun
from .fullrun import FullRun, FullRunChange, FullRunEdge, FullRunMember, FullRunPart, FullRunPiece, FullRunUsage
from .key import BlockKey
from .matchmodel import MatchModel
from .proposal import Proposal
from .publication import Publication
from .relation import Relation

__all__ = [
    "BlockKey",
    "CannotLink",
    "CannotLinkRecord",
    "Decision",
    "Evaluation",
    "FullRun",
    "FullRunChange",
    "FullRunEdge",
    "FullRunMember",
    "FullRunPart",
    "FullRunPiece",
    "FullRunUsage",
    "MatchModel",
    "Proposal",
    "Publication",
    "Relation",
    "RunBrake",
    "ShadowRun",
]

"""One module per noun; import models from here."""

from .decision import CannotLink, CannotLinkRecord, Decision
from .key import BlockKey
from .matchmodel import MatchModel
from .proposal import Proposal
from .relation import Relation

__all__ = ["BlockKey", "CannotLink", "CannotLinkRecord", "Decision", "MatchModel", "Proposal", "Relation"]

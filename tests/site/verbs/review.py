"""What people say about pairs."""

from collections.abc import Callable

from matching import constraints, deciding_together, proposing, review
from matching.models import CannotLink, Proposal
from tests.cast import Cast
from tests.site.verbs.identity import ends


def decide(verdict: str) -> Callable:
    def prepared(cast: Cast) -> Callable:
        proposal = Proposal.objects.get()
        return lambda: review.decide(proposal=proposal, verdict=verdict, by=cast.ada, reason="r")

    return prepared


def compare(verdict: str) -> Callable:
    def prepared(cast: Cast) -> Callable:
        left, right = ends(cast)
        return lambda: review.compare_decide(left=left.id, right=right.id, verdict=verdict, by=cast.ada, reason="r")

    return prepared


def decide_together(act: Callable) -> Callable:
    """A verb on several proposals: there is one."""

    def prepared(cast: Cast) -> Callable:
        ids = list(Proposal.objects.values_list("id", flat=True))
        return lambda: act(proposals=ids, verdict="same", by=cast.ada, reason="r")

    return prepared


def revoke(verb: Callable) -> Callable:
    def prepared(cast: Cast) -> Callable:
        review.decide(proposal=Proposal.objects.get(), verdict="not_same", by=cast.ada, reason="r")
        return lambda: verb(cannot_link=CannotLink.objects.get(), by=cast.ada, reason="r")

    return prepared


VERBS = [
    ("matching.review.decide", decide("same"), ["identity.merged", "proposal.decided"]),
    ("matching.review.decide", decide("not_same"), ["proposal.decided"]),
    ("matching.review.decide", decide("unsure"), ["proposal.decided"]),
    ("matching.deciding_together.decide", decide_together(deciding_together.decide),
     ["identity.merged", "proposal.decided", "proposal.decided_together"]),
    ("matching.deciding_together.ask", decide_together(deciding_together.ask), ["approval.requested"]),
    ("matching.review.compare_decide", compare("same"), ["identity.merged", "pair.decided"]),
    ("matching.review.compare_decide", compare("not_same"), ["pair.decided"]),
    ("matching.constraints.revoke", revoke(constraints.revoke), ["cannot_link.revoked"]),
    ("matching.proposing.revoke", revoke(proposing.revoke), ["cannot_link.revoked"]),
]  # fmt: skip

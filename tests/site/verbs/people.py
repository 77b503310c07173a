"""People, services, and what is granted to them."""

from collections.abc import Callable
from functools import partial

from allauth.mfa.models import Authenticator
from django.utils import timezone

from governance import access_review, factors, people, services
from profiles import grants, tokens
from profiles.models import ServiceToken, User
from tests.cast import Cast


def on_people(act: Callable, *, switched_off: bool = False) -> Callable:
    """A verb of an administrator about ada."""

    def prepared(cast: Cast) -> Callable:
        if switched_off:
            people.deactivate(user=cast.ada, by=cast.root, reason="r")
        return lambda: act(user=cast.ada, by=cast.root)

    return prepared


def invited(cast: Cast) -> User:
    names = {"username": "nina", "email": "nina@post.example", "first_name": "N", "last_name": "S"}
    return people.invite(**names, roles=["viewer"], by=cast.root)


def invite_again(cast: Cast) -> Callable:
    nina = invited(cast)
    return lambda: people.invite_again(user=nina, by=cast.root)


def remove_factor(cast: Cast) -> Callable:
    app = Authenticator.objects.create(user=cast.ada, type="totp", data={})
    return lambda: factors.remove(user=cast.ada, factor_id=app.pk, by=cast.root, reason="r")


def issue_token(cast: Cast) -> Callable:
    User.objects.create_user("load", is_service=True)
    return lambda: issued(cast)


def issued(cast: Cast) -> ServiceToken:
    account = User.objects.get(username="load")
    return tokens.issue(
        account=account, name="n", scopes=["customers:read"], days=1, by=cast.root, now=timezone.now()
    ).token


def revoke_token(cast: Cast) -> Callable:
    token = issue_token(cast)()
    return lambda: tokens.revoke(token=token, by=cast.root, now=timezone.now())


def on_the_shop(act: Callable, **given: object) -> Callable:
    """A verb on who may view the shop."""
    return lambda cast: lambda: act(source=cast.shop, by=cast.root, **{k: v(cast) for k, v in given.items()})


def on_a_review(act: Callable) -> Callable:
    """A verb on what bob may do with the shop, in an access review."""

    def prepared(cast: Cast) -> Callable:
        review = access_review.start(by=cast.root, now=timezone.now())
        row = review.grants.get(source=cast.shop, user=cast.bob)
        return lambda: act(review=review, row_ids=[row.id], by=cast.root)

    return prepared


VERBS = [
    ("profiles.grants.grant", on_the_shop(
        grants.grant, verb=lambda _: "steward", to=lambda cast: cast.eve, reason=lambda _: "r"), ["source.granted"] * 2),
    ("profiles.grants.revoke", on_the_shop(
        grants.revoke, verb=lambda _: "steward", grantee=lambda cast: cast.bob, reason=lambda _: "r"
    ), ["source.grant_withdrawn"]),
    ("profiles.grants.grant_new_source", on_the_shop(
        grants.grant_new_source, groups=lambda cast: cast.bob.groups.all()), ["source.granted"] * 2),
    ("governance.people.invite", lambda cast: lambda: invited(cast), ["user.invited", "user.role_given"]),
    ("governance.people.invite_again", invite_again, ["user.invited"]),
    ("governance.people.set_roles", on_people(partial(people.set_roles, roles=["viewer"], reason="r")),
     ["user.role_given", "user.role_taken"]),
    ("governance.people.deactivate", on_people(partial(people.deactivate, reason="r")), ["user.deactivated"]),
    ("governance.factors.remove", remove_factor, ["account.factor_removed", "user.factor_removed"]),
    ("governance.people.reactivate", on_people(partial(people.reactivate, reason="r"), switched_off=True),
     ["user.reactivated"]),
    ("governance.people.hand_over", lambda cast: lambda: people.hand_over(
        user=cast.ada, to=cast.bob, by=cast.root, reason="r"), ["user.work_handed_over"]),
    ("governance.services.make", lambda cast: lambda: services.make(
        username="load", roles=["integrator"], by=cast.root, reason="r"), ["user.service_made", "user.role_given"]),
    ("profiles.tokens.issue", issue_token, ["token.issued"]),
    ("profiles.tokens.revoke", revoke_token, ["token.revoked"]),
    ("governance.access_review.start", lambda cast: lambda: access_review.start(by=cast.root, now=timezone.now()),
     ["access_review.started"]),
    ("governance.access_review.confirm", on_a_review(access_review.confirm), ["source.grant_confirmed"]),
    ("governance.access_review.withdraw", on_a_review(access_review.withdraw), ["source.grant_withdrawn"] * 2),
]  # fmt: skip

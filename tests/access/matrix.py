"""The one table of who may open what: every address of the site, by method, with the permissions it takes.

An address that is not here fails the suite; a method that is not here is refused to everybody.
"""

from dataclasses import dataclass

from governance import consent_api
from governance import permissions as governance
from governance.api import FILE
from matching import permissions as matching
from profiles import permissions as profiles
from profiles import scopes

SIGNED_IN = ()  # whoever signed in
OPEN = None  # whoever asks


@dataclass(frozen=True, slots=True)
class Rule:
    """The permissions that GET and POST take (False: there is no such method), and the object of source A it is about."""

    get: object = False
    post: object = False
    about: str = ""  # an attribute of the world; "-": something that is not there
    manages: bool = False  # takes a grant to manage a source, or the permission to give all grants


@dataclass(frozen=True, slots=True)
class ApiRule:
    """The scope that each method of a route takes, and the object of source A it is about."""

    scopes: dict[str, scopes.Scope]
    about: str = ""


def page(*permissions: str, about: str = "") -> Rule:
    return Rule(get=permissions, about=about)


def act(*permissions: str, about: str = "") -> Rule:
    return Rule(post=permissions, about=about)


def form(*permissions: str, about: str = "", post: tuple[str, ...] | None = None) -> Rule:
    """A page that takes what it asks for; `post`: more permissions than looking at it takes."""
    return Rule(get=permissions, post=permissions + (post or ()), about=about)


# routes of the API: method → the scope that a token must have; the scope says which permission its account takes
API = {
    "api:customer": ApiRule({"GET": scopes.READ_CUSTOMERS}, about="only_a"),
    "api:opendsr-discovery": ApiRule({"GET": FILE}),
    "api:opendsr-requests": ApiRule({"POST": FILE}),
    "api:opendsr-request": ApiRule({"GET": FILE, "DELETE": FILE}, about="nothing"),
    "api:consent": ApiRule({"GET": consent_api.READ, "POST": consent_api.RECORD}, about="only_a"),
}

MATRIX = {
    "home": page(),
    "gallery": page(),
    "api:docs": page(),
    "api:schema": page(),
    "healthz": Rule(get=OPEN, post=OPEN),
    "readyz": Rule(get=OPEN, post=OPEN),
    "profiles:customers": page(profiles.VIEW_CUSTOMERS),
    "profiles:customer": page(profiles.VIEW_CUSTOMERS, about="only_a"),
    "profiles:reveal": act(profiles.REVEAL, about="only_a"),
    "profiles:record": page(profiles.VIEW_CUSTOMERS, about="record"),
    "profiles:correct": act(profiles.CORRECT, about="record"),
    "profiles:release-correction": act(profiles.CORRECT, about="correction"),
    "profiles:flag-value": form(profiles.FLAG, about="record"),
    "profiles:conflict": page(profiles.CORRECT, about="correction"),
    "profiles:keep-correction": act(profiles.CORRECT, about="correction"),
    "profiles:issues": page(profiles.FLAG),
    "profiles:flag": page(profiles.FLAG, about="flag"),
    "profiles:answer-flag": act(profiles.ANSWER_FLAGS, about="flag"),
    "profiles:sources": page(),
    "profiles:source": page(about="a"),
    "profiles:grant-source": Rule(post=SIGNED_IN, about="a", manages=True),
    "profiles:revoke-grant": Rule(get=SIGNED_IN, post=SIGNED_IN, about="a", manages=True),
    "profiles:imports": form(profiles.VIEW_IMPORTS, post=(profiles.IMPORT,)),
    "profiles:import": page(profiles.VIEW_IMPORTS, about="batch"),
    "profiles:import-progress": page(profiles.VIEW_IMPORTS, about="batch"),
    "profiles:undo-import": act(profiles.UNDO_IMPORT, about="batch"),
    "profiles:quarantine": page(profiles.VIEW_IMPORTS, about="batch"),
    "profiles:mend": form(profiles.MEND, about="row"),
    "profiles:dismiss": act(profiles.MEND, about="row"),
    "profiles:approvals": page(profiles.VIEW_APPROVALS),
    "profiles:approval": page(profiles.VIEW_APPROVALS, about="approval"),
    "profiles:answer-approval": act(profiles.VIEW_APPROVALS, about="approval"),
    "profiles:reach": page(profiles.VIEW_COUNTS),
    "profiles:jobs": page(profiles.VIEW_JOBS),
    "profiles:job": page(profiles.VIEW_JOBS, about="job"),
    "profiles:cancel-job": act(profiles.CONTROL_JOBS, about="job"),
    "profiles:retry-job": act(profiles.CONTROL_JOBS, about="job"),
    "profiles:data-dictionary": page(profiles.VIEW_DICTIONARY),
    "matching:queue": page(matching.VIEW_QUEUE),
    "matching:other-work": page(matching.VIEW_QUEUE),
    "matching:close-work": act(matching.REVIEW, about="item"),
    "matching:brake": page(matching.VIEW_QUEUE, about="batch"),
    "matching:release-brake": act(matching.RELEASE_BRAKE, about="batch"),
    "matching:decide-together": form(matching.REVIEW),
    "matching:asked-together": page(profiles.VIEW_APPROVALS, about="asked_together"),
    "matching:proposal": page(matching.VIEW_QUEUE, about="across"),
    "matching:decide": act(matching.REVIEW, about="across"),
    "matching:compare": page(matching.VIEW_QUEUE),
    "matching:decide-pair": act(matching.CHANGE_IDENTITY),
    "matching:split": form(matching.CHANGE_IDENTITY, about="only_a"),
    "matching:move": form(matching.CHANGE_IDENTITY, about="only_a"),
    "matching:confirm": act(matching.CHANGE_IDENTITY, about="only_a"),
    "matching:links": page(matching.VIEW_QUEUE, about="only_a"),
    "matching:how": page(matching.VIEW_QUEUE, about="only_a"),
    "matching:operation": page(profiles.VIEW_CUSTOMERS, about="operation"),
    "matching:undo": act(matching.CHANGE_IDENTITY, about="operation"),
    "matching:revoke": act(matching.REVOKE_CANNOT_LINK, about="cannot_link"),
    "matching:full-runs": form(matching.VIEW_FULL_RUNS, post=(matching.START_FULL_RUN,)),
    "matching:full-run": page(matching.VIEW_FULL_RUNS, about="full_run"),
    "matching:full-run-progress": page(matching.VIEW_FULL_RUNS, about="full_run"),
    "matching:control-full-run": act(matching.START_FULL_RUN, about="full_run"),
    "matching:publish-full-run": act(matching.PUBLISH_FULL_RUN, about="full_run"),
    "matching:undo-full-run": act(matching.PUBLISH_FULL_RUN, about="full_run"),
    "matching:models": page(matching.VIEW_MODELS),
    "matching:compare-models": page(matching.VIEW_MODELS),
    "matching:evaluate-both": act(matching.EVALUATE_MODELS),
    "matching:evaluation": page(matching.VIEW_MODELS, about="evaluation"),
    "matching:shadow-run": page(matching.VIEW_MODELS, about="shadow_run"),
    "matching:answer-publication": act(matching.PUBLISH_MODEL, about="publication"),
    "matching:model": page(matching.VIEW_MODELS, about="model"),
    "matching:copy-model": act(matching.EDIT_MODELS, about="model"),
    "matching:edit-model": form(matching.EDIT_MODELS, about="draft"),
    "matching:discard-model": act(matching.EDIT_MODELS, about="draft"),
    "matching:refit-model": form(matching.EDIT_MODELS, about="model"),
    "matching:try-model": form(matching.VIEW_MODELS, about="model"),
    "matching:evaluate-model": act(matching.EVALUATE_MODELS, about="model"),
    "matching:publish-model": form(matching.VIEW_MODELS, about="draft", post=(matching.PUBLISH_MODEL,)),
    "matching:start-shadow": act(matching.EVALUATE_MODELS, about="draft"),
    "governance:purposes": page(governance.VIEW_PURPOSES),
    "governance:new-purpose": form(*governance.SET_UP_PURPOSES),
    "governance:purpose": form(*governance.SET_UP_PURPOSES, about="purpose"),
    "governance:preferences": Rule(get=OPEN, post=OPEN, about="-"),
    "governance:one-click": Rule(post=OPEN, about="-"),
    "governance:preference-receipts": Rule(get=OPEN, about="-"),
    "governance:confirm-consent": Rule(get=OPEN, post=OPEN, about="-"),
    "governance:consent-receipt": page(governance.VIEW_CONSENT, about="statement"),
    "governance:consent-preview": page(governance.VIEW_CONSENT, about="only_a"),
    "governance:send-preference-link": act(governance.RECORD_CONSENT, about="only_a"),
    "governance:consent": page(governance.VIEW_CONSENT, about="only_a"),
    "governance:consent-cell": form(governance.VIEW_CONSENT, about="cell", post=(governance.RECORD_CONSENT,)),
    "governance:access": page(),
    "governance:access-review": Rule(get=SIGNED_IN, manages=True),
    "governance:reviewed-access": Rule(get=SIGNED_IN, about="review", manages=True),
    "governance:start-access-review": act(*profiles.GRANT_SOURCES),
    "governance:decide-grants": Rule(post=SIGNED_IN, about="review", manages=True),
    "governance:people": page(*profiles.MANAGE_PEOPLE),
    "governance:invite": form(*profiles.MANAGE_PEOPLE),
    "governance:person": page(*profiles.MANAGE_PEOPLE, about="ada"),
    "governance:invite-again": act(*profiles.MANAGE_PEOPLE, about="ada"),
    "governance:set-roles": act(*profiles.MANAGE_PEOPLE, about="ada"),
    "governance:hand-over": act(*profiles.MANAGE_PEOPLE, about="ada"),
    "governance:remove-factor": act(*profiles.MANAGE_PEOPLE, about="ada"),
    "governance:switch-account": act(*profiles.MANAGE_PEOPLE, about="ada"),
    "governance:new-service": form(*profiles.MANAGE_PEOPLE),
    "governance:issue-token": act(*profiles.MANAGE_PEOPLE, about="service"),
    "governance:revoke-token": act(*profiles.MANAGE_PEOPLE, about="token"),
    "governance:privacy": Rule(get=OPEN, post=OPEN),
    "governance:privacy-status": Rule(get=OPEN, post=OPEN, about="-"),
    "governance:outbox": page(governance.HANDLE_REQUESTS, about="-"),
    "governance:requests": page(governance.VIEW_REQUESTS),
    "governance:file-request": form(governance.VIEW_REQUESTS, governance.FILE_REQUESTS),
    "governance:requests-export": page(governance.VIEW_REQUESTS, governance.OVERSEE_REQUESTS),
    "governance:customer-requests": page(governance.VIEW_REQUESTS, about="only_a"),
    "governance:request": page(governance.VIEW_REQUESTS, about="-"),
    "governance:request-file": page(governance.HANDLE_REQUESTS, about="-"),
    "governance:request-task": act(governance.DO_REQUEST_TASKS, about="-"),
    **{
        f"governance:{name}": act(governance.HANDLE_REQUESTS, about="-")
        for name in (
            "verify-request",
            "send-code",
            "request-clock",
            "request-letter",
            "request-attach",
            "ask-request",
            "refuse-request",
            "cancel-request",
            "retry-request",
            "lift-restriction",
        )
    },
    "governance:audit": page(profiles.READ_AUDIT),
    "governance:audit-event": page(profiles.READ_AUDIT, about="event"),
    "governance:audit-person": page(profiles.READ_AUDIT),
    "governance:audit-user": page(profiles.READ_AUDIT),
    "governance:audit-export": page(profiles.READ_AUDIT),
    "governance:register": page(profiles.VIEW_DICTIONARY),
    "governance:exposure": page(profiles.READ_AUDIT),
    "governance:export-exposure": page(profiles.READ_AUDIT),
    "governance:seals": page(profiles.READ_AUDIT),
    "governance:erasures": page(governance.VIEW_ERASURES),
    "governance:erasure": page(governance.VIEW_ERASURES, about="-"),
    "governance:erasure-certificate": page(governance.VIEW_ERASURES, about="-"),
    "governance:retry-erasure": act(governance.REQUEST_ERASURE, about="-"),
    "governance:erasure-notice": page(governance.ANSWER_NOTICES, about="-"),
    "governance:answer-erasure-notice": act(governance.ANSWER_NOTICES, about="-"),
    "governance:keeping": page(governance.VIEW_ERASURES, about="only_a"),
    "governance:erasure-plan": page(governance.VIEW_ERASURES, about="only_a"),
    "governance:ask-erasure": act(governance.REQUEST_ERASURE, about="only_a"),
    "governance:place-hold": act(governance.HOLD_CUSTOMERS, about="only_a"),
    "governance:suppressions": page(governance.VIEW_SUPPRESSION),
    "governance:lift-suppression": act(governance.LIFT_SUPPRESSION, about="-"),
    "governance:suppressed-rows": page(governance.CLEAR_SUPPRESSED),
    "governance:clear-suppressed": act(governance.CLEAR_SUPPRESSED, about="-"),
    "governance:retention": form(governance.VIEW_RETENTION, post=governance.SET_RETENTION),
    "governance:switch-window": act(*governance.SET_RETENTION, about="-"),
    "governance:holds": page(governance.VIEW_RETENTION),
    "governance:release-hold": act(governance.HOLD_CUSTOMERS, about="-"),
}

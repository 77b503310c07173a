"""URLs of governance."""

from django.urls import path

from .views import access, access_review, audit, erasures, exposure, people, retention, seals, services, suppression

app_name = "governance"

urlpatterns = [
    path("access/", access.access, name="access"),
    path("audit/", audit.events, name="audit"),
    path("audit/events/<int:pk>/", audit.event, name="audit-event"),
    path("audit/person/", audit.person, name="audit-person"),
    path("audit/user/", audit.user, name="audit-user"),
    path("audit/export/", audit.export, name="audit-export"),
    path("audit/exposure/", exposure.exposed, name="exposure"),
    path("audit/exposure/export/", exposure.export, name="export-exposure"),
    path("audit/seals/", seals.seals, name="seals"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/services/new/", services.new_service, name="new-service"),
    path("people/<int:pk>/tokens/", services.issue_token, name="issue-token"),
    path("people/tokens/<int:pk>/revoke/", services.revoke_token, name="revoke-token"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/invite/", people.invite_again, name="invite-again"),
    path("people/<int:pk>/roles/", people.set_roles, name="set-roles"),
    path("people/<int:pk>/hand-over/", people.hand_over, name="hand-over"),
    path("people/<int:pk>/factors/remove/", people.remove_factor, name="remove-factor"),
    path("people/<int:pk>/switch/", people.switch, name="switch-account"),
    path("access-review/", access_review.access_review, name="access-review"),
    path("access-review/start/", access_review.start, name="start-access-review"),
    path("access-review/<int:pk>/", access_review.review, name="reviewed-access"),
    path("access-review/<int:pk>/decide/", access_review.decide, name="decide-grants"),
    path("erasures/", erasures.erasures, name="erasures"),
    path("erasures/<uuid:pk>/", erasures.erasure, name="erasure"),
    path("erasures/<uuid:pk>/certificate/", erasures.certificate, name="erasure-certificate"),
    path("erasures/<uuid:pk>/retry/", erasures.retry, name="retry-erasure"),
    path("erasures/notices/<int:pk>/", erasures.notice, name="erasure-notice"),
    path("erasures/notices/<int:pk>/answer/", erasures.answer_notice, name="answer-erasure-notice"),
    path("customers/<uuid:pk>/keeping/", erasures.panel, name="keeping"),
    path("customers/<uuid:pk>/erasure/", erasures.plan, name="erasure-plan"),
    path("customers/<uuid:pk>/erasure/ask/", erasures.ask, name="ask-erasure"),
    path("customers/<uuid:pk>/hold/", retention.place, name="place-hold"),
    path("suppressions/", suppression.suppressions, name="suppressions"),
    path("suppressions/<int:pk>/lift/", suppression.lift, name="lift-suppression"),
    path("suppressions/rows/", suppression.held, name="suppressed-rows"),
    path("suppressions/rows/<int:pk>/clear/", suppression.clear, name="clear-suppressed"),
    path("retention/", retention.retention, name="retention"),
    path("retention/<int:pk>/switch/", retention.switch, name="switch-window"),
    path("holds/", retention.holds, name="holds"),
    path("holds/<int:pk>/release/", retention.release, name="release-hold"),
]

"""URLs of this app."""

from django.urls import path

from .views import approvals, customers, dictionary, imports, issues, operations, reach, records, reveals, sources

app_name = "profiles"
urlpatterns = [
    path("customers/", customers.customers, name="customers"),
    path("customers/<uuid:pk>/", customers.customer, name="customer"),
    path("customers/<uuid:pk>/reveal/", reveals.reveal, name="reveal"),
    path("records/<int:pk>/", records.record, name="record"),
    path("records/<int:pk>/correct/", records.correct, name="correct"),
    path("corrections/<int:pk>/release/", records.release, name="release-correction"),
    path("records/<int:pk>/flag/", issues.flag_value, name="flag-value"),
    path("corrections/<int:pk>/", issues.conflict, name="conflict"),
    path("corrections/<int:pk>/keep/", issues.keep, name="keep-correction"),
    path("issues/", issues.issues, name="issues"),
    path("flags/<int:pk>/", issues.flag, name="flag"),
    path("flags/<int:pk>/answer/", issues.answer_flag, name="answer-flag"),
    path("sources/", sources.sources, name="sources"),
    path("sources/<slug:key>/", sources.source, name="source"),
    path("sources/<slug:key>/grant/", sources.grant, name="grant-source"),
    path("sources/<slug:key>/revoke/<slug:grantee>/", sources.revoke, name="revoke-grant"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:pk>/", imports.batch, name="import"),
    path("imports/<int:pk>/progress/", imports.progress, name="import-progress"),
    path("imports/<int:pk>/undo/", imports.undo, name="undo-import"),
    path("imports/<int:pk>/quarantine/", imports.quarantine, name="quarantine"),
    path("quarantine/<int:pk>/", imports.mend, name="mend"),
    path("quarantine/<int:pk>/dismiss/", imports.dismiss, name="dismiss"),
    path("approvals/", approvals.approvals, name="approvals"),
    path("approvals/<int:pk>/", approvals.approval, name="approval"),
    path("approvals/<int:pk>/answer/", approvals.answer_approval, name="answer-approval"),
    path("reach/", reach.reach, name="reach"),
    path("jobs/", operations.jobs, name="jobs"),
    path("jobs/<uuid:pk>/", operations.job, name="job"),
    path("jobs/<uuid:pk>/cancel/", operations.cancel_job, name="cancel-job"),
    path("jobs/<uuid:pk>/retry/", operations.retry_job, name="retry-job"),
    path("data-dictionary/", dictionary.data_dictionary, name="data-dictionary"),
]

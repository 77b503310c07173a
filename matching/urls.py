"""URLs of this app."""

from django.urls import path

from .views import brakes, changes, evaluation, fullruns, links, models, pairs, publishing, queue, together, trials

app_name = "matching"
urlpatterns = [
    path("queue/", queue.queue, name="queue"),
    path("queue/other/", queue.other, name="other-work"),
    path("queue/other/<int:pk>/close/", queue.close, name="close-work"),
    path("queue/brakes/<int:pk>/", brakes.brake, name="brake"),
    path("queue/brakes/<int:pk>/release/", brakes.release, name="release-brake"),
    path("queue/together/", together.decide_together, name="decide-together"),
    path("queue/together/<int:pk>/", together.asked_together, name="asked-together"),
    path("queue/<int:pk>/", pairs.proposal, name="proposal"),
    path("queue/<int:pk>/decide/", pairs.decide, name="decide"),
    path("compare/", pairs.compare, name="compare"),
    path("compare/decide/", pairs.decide_pair, name="decide-pair"),
    path("customers/<uuid:pk>/split/", changes.split, name="split"),
    path("customers/<uuid:pk>/move/", changes.move, name="move"),
    path("customers/<uuid:pk>/confirm/", changes.confirm, name="confirm"),
    path("customers/<uuid:pk>/links/", links.links, name="links"),
    path("customers/<uuid:pk>/how/", links.how, name="how"),
    path("operations/<uuid:pk>/", changes.operation, name="operation"),
    path("operations/<uuid:pk>/undo/", changes.undo, name="undo"),
    path("cannot-links/<int:pk>/revoke/", links.revoke, name="revoke"),
    path("runs/", fullruns.runs, name="full-runs"),
    path("runs/<int:pk>/", fullruns.run, name="full-run"),
    path("runs/<int:pk>/progress/", fullruns.progress, name="full-run-progress"),
    path("runs/<int:pk>/control/", fullruns.control, name="control-full-run"),
    path("runs/<int:pk>/publish/", fullruns.publish, name="publish-full-run"),
    path("runs/<int:pk>/undo/", fullruns.undo, name="undo-full-run"),
    path("models/", models.models, name="models"),
    path("models/compare/", evaluation.compare, name="compare-models"),
    path("models/compare/evaluate/", evaluation.evaluate_both, name="evaluate-both"),
    path("models/evaluations/<int:pk>/", evaluation.evaluation, name="evaluation"),
    path("models/shadow/<int:pk>/", publishing.shadow_run, name="shadow-run"),
    path("models/publications/<int:pk>/answer/", publishing.answer, name="answer-publication"),
    path("models/<slug:label>/", models.model, name="model"),
    path("models/<slug:label>/copy/", models.copy, name="copy-model"),
    path("models/<slug:label>/edit/", models.edit, name="edit-model"),
    path("models/<slug:label>/discard/", models.discard, name="discard-model"),
    path("models/<slug:label>/refit/", models.refit, name="refit-model"),
    path("models/<slug:label>/try/", trials.trial, name="try-model"),
    path("models/<slug:label>/evaluate/", evaluation.evaluate, name="evaluate-model"),
    path("models/<slug:label>/publish/", publishing.publish, name="publish-model"),
    path("models/<slug:label>/shadow/", publishing.start_shadow, name="start-shadow"),
]

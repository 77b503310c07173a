"""URLs of this app."""

from django.urls import path

from .views import changes, links, pairs, queue

app_name = "matching"
urlpatterns = [
    path("queue/", queue.queue, name="queue"),
    path("queue/other/", queue.other, name="other-work"),
    path("queue/other/<int:pk>/close/", queue.close, name="close-work"),
    path("queue/<int:pk>/", pairs.proposal, name="proposal"),
    path("queue/<int:pk>/decide/", pairs.decide, name="decide"),
    path("compare/", pairs.compare, name="compare"),
    path("compare/decide/", pairs.decide_pair, name="decide-pair"),
    path("customers/<uuid:pk>/split/", changes.split, name="split"),
    path("customers/<uuid:pk>/move/", changes.move, name="move"),
    path("customers/<uuid:pk>/links/", links.links, name="links"),
    path("operations/<uuid:pk>/", changes.operation, name="operation"),
    path("operations/<uuid:pk>/undo/", changes.undo, name="undo"),
    path("cannot-links/<int:pk>/revoke/", links.revoke, name="revoke"),
]

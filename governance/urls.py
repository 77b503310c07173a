"""URLs of governance."""

from django.urls import path

from .views import audit, seals

app_name = "governance"

urlpatterns = [
    path("audit/", audit.events, name="audit"),
    path("audit/events/<int:pk>/", audit.event, name="audit-event"),
    path("audit/person/", audit.person, name="audit-person"),
    path("audit/user/", audit.user, name="audit-user"),
    path("audit/seals/", seals.seals, name="seals"),
]

"""URLs of governance."""

from django.urls import path

from . import views

app_name = "governance"

urlpatterns = [path("audit/seals/", views.seals, name="seals")]

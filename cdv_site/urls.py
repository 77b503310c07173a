"""Where everything is found."""

from django.contrib import admin
from django.urls import include, path

from . import gallery, health, home

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("profiles.urls")),
    path("", include("matching.urls")),
    path("", include("governance.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("ui/", gallery.gallery, name="gallery"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

"""Where everything is found."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from . import gallery, health, home

admin.site.login = secure_admin_login(admin.site.login)  # one door for everything

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("profiles.urls")),
    path("", include("matching.urls")),
    path("", include("governance.urls")),
    path("api/v1/", include("cdv_site.api")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("ui/", gallery.gallery, name="gallery"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler404 = "cdv_site.api.not_found"
handler500 = "cdv_site.api.server_error"

"""Addresses of the provider in `tests/oidc_provider.py`."""

from django.urls import include, path

urlpatterns = [path("accounts/", include("allauth.urls")), path("", include("allauth.idp.urls"))]

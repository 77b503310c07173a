"""URLs about consent, part of those of governance."""

from django.urls import path

from .views import consent, preferences, purposes

urlpatterns = [
    path("preferences/<str:token>/", preferences.preferences, name="preferences"),
    path("preferences/<str:token>/stop/", preferences.one_click, name="one-click"),
    path("preferences/<str:token>/receipts.json", preferences.own_receipts, name="preference-receipts"),
    path("confirm-consent/<str:token>/", preferences.confirm, name="confirm-consent"),
    path("purposes/", purposes.all_purposes, name="purposes"),
    path("purposes/new/", purposes.new_purpose, name="new-purpose"),
    path("purposes/<int:pk>/", purposes.edit_purpose, name="purpose"),
    path("consent/receipts/<int:pk>.json", consent.receipt, name="consent-receipt"),
    path("customers/<uuid:pk>/consent/", consent.customer_consent, name="consent"),
    path("customers/<uuid:pk>/consent/preview/", consent.preview, name="consent-preview"),
    path("customers/<uuid:pk>/consent/link/", consent.send_link, name="send-preference-link"),
    path("customers/<uuid:pk>/consent/<slug:purpose>/<slug:channel>/", consent.cell, name="consent-cell"),
]

"""An OpenID Connect provider of its own, in a process and a database of its own: `python -m tests.oidc_provider`.

Reads PROVIDER_DATABASE_URL, PROVIDER_PORT, PROVIDER_REDIRECT from the environment; knows one client and one person.
"""

import os

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cdv_site.env import database

CLIENT, SECRET = "customer-data-view", "a-secret-of-the-test"
PERSON, PASSWORD = "ada.byron", "her-own-password"


def settings() -> dict[str, object]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return {
        "SECRET_KEY": "of-the-provider-in-a-test", "ALLOWED_HOSTS": ["127.0.0.1"], "ROOT_URLCONF": "tests.oidc_urls", "USE_TZ": True,
        "DATABASES": {"default": database(os.environ["PROVIDER_DATABASE_URL"])},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "INSTALLED_APPS": [
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
            "allauth", "allauth.account", "allauth.idp.oidc",
        ],
        "MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware", "allauth.account.middleware.AccountMiddleware",
        ],
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "ACCOUNT_EMAIL_VERIFICATION": "none", "ACCOUNT_LOGIN_METHODS": {"username"},
        "TEMPLATES": [{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [
                "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]},
        }],
        "IDP_OIDC_PRIVATE_KEY": pem,
    }  # fmt: skip


def furnish() -> None:
    """One person with a verified e-mail, one client."""
    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    person = get_user_model().objects.create_user(PERSON, os.environ["PROVIDER_EMAIL"], PASSWORD)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    client = Client(
        id=CLIENT, name="Customer Data View", scopes="openid\nprofile\nemail", skip_consent=True,
        redirect_uris=os.environ["PROVIDER_REDIRECT"],
    )  # fmt: skip
    client.set_secret(SECRET)
    client.save()


def main() -> None:
    import django
    from django.conf import settings as live
    from django.core.management import call_command

    live.configure(**settings())
    django.setup()
    furnish()
    print("ready", flush=True)
    call_command("runserver", f"127.0.0.1:{os.environ['PROVIDER_PORT']}", use_reloader=False, verbosity=0)


if __name__ == "__main__":
    main()

"""Settings. Every variable of the environment is read here; without any, the embedded servers are used."""

import os
from pathlib import Path

from csp.constants import NONCE, SELF
from django.core.exceptions import ImproperlyConfigured

from . import embedded, env, logs, production

BASE_DIR = Path(__file__).resolve().parent.parent

EMBEDDED = "DATABASE_URL" not in os.environ
DEBUG = env.flag("CDV_DEBUG")
# known passwords and the hints to them: never on a database that was not made for a look around
DEMO_HINTS = EMBEDDED or env.flag("CDV_DEMO")

if "SECRET_KEY" in os.environ:
    SECRET_KEY = os.environ["SECRET_KEY"]
elif EMBEDDED:
    SECRET_KEY = embedded.secret_key()
else:
    raise ImproperlyConfigured("With DATABASE_URL, SECRET_KEY must be set too: 50 random characters.")

ALLOWED_HOSTS = [*env.words("ALLOWED_HOSTS"), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    *(["allauth.socialaccount.providers.saml"] if env.flag("CDV_SAML") else []),
    "rest_framework",
    "drf_spectacular",
    "guardian",
    "simple_history",
    "django_htmx",
    "csp",
    "profiles",
    "matching",
    "governance",
    "cdv_site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "cdv_site.closing.closed_page",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cdv_site.htmx.expired_session",
    "profiles.context.ActorMiddleware",
    "governance.sessions.session_limits",
    "governance.sign_in.second_factor",
    "cdv_site.middleware.no_nul",
    "cdv_site.middleware.no_store",
]

ROOT_URLCONF = "cdv_site.urls"
WSGI_APPLICATION = "cdv_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "cdv_site.navigation.navigation",
            ],
        },
    },
]

DATABASE_URL = os.environ.get("DATABASE_URL") or embedded.database_url()
DATABASES = {"default": env.database(DATABASE_URL)}
# who changes the schema, for `migrate` and `prepare`; the processes that serve need not know it
DATABASE_OWNER_URL = os.environ.get("DATABASE_OWNER_URL", "") or (embedded.owner_url() if EMBEDDED else "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- who signs in ------------------------------------------------------------
AUTH_USER_MODEL = "profiles.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian: nobody who is not signed in holds a grant
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
SESSION_IDLE_SECONDS = 30 * 60
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

ACCOUNT_ADAPTER = "governance.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by administrators
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
PASSWORD_RESET_TIMEOUT = 3 * 86_400  # of invitations, too
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL
MFA_ADAPTER = "governance.sign_in.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Customer Data View"
MFA_FORMS = {  # http://localhost needs no exception: browsers and fido2 take it for secure
    "add_webauthn": "governance.security_keys.AddKeyForm",
    "authenticate_webauthn": "governance.security_keys.AuthenticateKeyForm",
    "reauthenticate_webauthn": "governance.security_keys.ReauthenticateKeyForm",
}
USERSESSIONS_TRACK_ACTIVITY = False  # a write per request; session_limits notes activity once a minute
SECOND_FACTOR_REQUIRED = env.flag("CDV_SECOND_FACTOR", default=not DEMO_HINTS)

SOCIALACCOUNT_ADAPTER = "governance.sign_in.SocialAccountAdapter"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True  # known by the e-mail that the organisation's own provider has verified
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = env.single_sign_on()

# --- masked values -----------------------------------------------------------
REVEALS_PER_DAY = int(os.environ.get("CDV_REVEALS_PER_DAY", "50"))  # customers that one person may reveal
REVEAL_MINUTES = 15

CACHES = {  # in PostgreSQL: tries at the door are counted where nobody wipes them
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "site_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- the browser -------------------------------------------------------------
HTTPS = env.flag("CDV_HTTPS")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # to have browsers ship the domain as HTTPS-only is its owner's decision
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF, *env.sign_in_origins()],
        "frame-ancestors": ["'none'"],
    },
}

# --- files -------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # served from the checkout; no collectstatic needed for the one-command start
MEDIA_ROOT = Path(os.environ.get("CDV_MEDIA") or embedded.state_dir() / "media")
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# --- the audit ---------------------------------------------------------------
AUDIT_SIGNING_KEY = os.environ.get("AUDIT_SIGNING_KEY", "") or (embedded.audit_key() if EMBEDDED else "")
AUDIT_TRUSTED_KEYS = env.words("AUDIT_TRUSTED_KEYS")
AUDIT_CHECKPOINTS = os.environ.get("AUDIT_CHECKPOINTS", "") or (
    str(embedded.state_dir() / "audit-checkpoints.jsonl") if EMBEDDED else ""
)
AUDIT_CHECKPOINT_COMMAND = os.environ.get("AUDIT_CHECKPOINT_COMMAND", "")
# erasures, outside the database: what a backup taken before does not know is erased again after a restore
ERASURE_LEDGER = os.environ.get("ERASURE_LEDGER", "") or (
    str(embedded.state_dir() / "erasure-ledger.jsonl") if EMBEDDED else ""
)

# --- encryption at rest -------------------------------------------------------
ENCRYPTION_KEYS, ENCRYPTION_KEYS_FILE = env.keys("ENCRYPTION_KEYS", embedded.keys_file if EMBEDDED else None)
DIGEST_KEYS, DIGEST_KEYS_FILE = env.keys("DIGEST_KEYS", embedded.keys_file if EMBEDDED else None)

# --- e-mail ------------------------------------------------------------------
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_USER", ""), os.environ.get("EMAIL_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_TLS", default=True)
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", "customer-data-view@localhost")
EMAIL_FILE_PATH = str(embedded.state_dir() / "outbox")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"

# --- privacy requests --------------------------------------------------------
ORGANISATION = os.environ.get("CDV_ORGANISATION", "Customer Data View")  # as it signs letters
SMS_WEBHOOK = env.web_address("CDV_SMS_WEBHOOK")  # takes {"to", "text", "id"} as JSON
SMS_WEBHOOK_TOKEN = os.environ.get("CDV_SMS_WEBHOOK_TOKEN", "")

# --- language and time -------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = True
FORMAT_MODULE_PATH = "cdv_site.formats"
TIME_ZONE = "UTC"
USE_TZ = True

# --- background work ---------------------------------------------------------
REDIS_URL = os.environ.get("REDIS_URL") or embedded.redis_url()
FULL_RUN_PARTS = env.number("FULL_RUN_PARTS", default=os.cpu_count() or 1)  # best: the processes of all workers
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False  # the sweeper rings again; a web request does not wait for the broker
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # the lease decides, not the broker's connection
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_connect_timeout": 2}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "refresh-consent": {"task": "governance.tasks.refresh_consent", "schedule": 60, "options": {"expires": 59}},
    "review-access": {"task": "governance.tasks.review_access", "schedule": 3600, "options": {"expires": 3599}},
    "prune": {"task": "governance.tasks.prune", "schedule": 86_400, "options": {"expires": 86_399}},
    "watch-requests": {"task": "governance.tasks.watch_requests", "schedule": 900, "options": {"expires": 899}},
    "seal-audit": {"task": "governance.tasks.seal_audit", "schedule": 10, "options": {"expires": 9}},
    "bring-back-due": {"task": "matching.tasks.bring_back_due", "schedule": 60, "options": {"expires": 59}},
    "continue-erasures": {"task": "governance.tasks.continue_erasures", "schedule": 60, "options": {"expires": 59}},
    "expire-approvals": {"task": "profiles.tasks.expire_approvals", "schedule": 600, "options": {"expires": 599}},
    "remove-uploads": {"task": "profiles.tasks.remove_uploads", "schedule": 3600, "options": {"expires": 3599}},
    "sweep-jobs": {"task": "profiles.tasks.sweep_jobs", "schedule": 15, "options": {"expires": 14}},
}

# --- the API ------------------------------------------------------------------
API_REQUESTS_PER_MINUTE = env.number("CDV_API_REQUESTS_PER_MINUTE", default=600)  # of one service token
REST_FRAMEWORK = {  # a route that says nothing is closed to everybody
    "DEFAULT_AUTHENTICATION_CLASSES": ["profiles.api_access.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["profiles.api_access.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["profiles.api_access.PerMinute"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "profiles.api_schema.RouteSchema",
    "EXCEPTION_HANDLER": "profiles.api_base.problem",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Customer Data View",
    "DESCRIPTION": "For other systems, with a service token.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
}

LOGGING = logs.config(os.environ.get("CDV_LOG_LEVEL", "INFO"))

# --- in production, nothing weak ---------------------------------------------
PRODUCTION = env.flag("CDV_PRODUCTION", default=not EMBEDDED)
if PRODUCTION and (
    weak := production.weaknesses(
        production.Given(
            secret_key=SECRET_KEY,
            database_urls=[url for url in (DATABASE_URL, DATABASE_OWNER_URL) if url],
            redis_url=REDIS_URL,
            allowed_hosts=env.words("ALLOWED_HOSTS"),
            trusted_origins=CSRF_TRUSTED_ORIGINS,
            private_hosts=env.words("CDV_PRIVATE_HOSTS"),
            debug=DEBUG,
            demo=DEMO_HINTS,
            https=HTTPS,
            second_factor=SECOND_FACTOR_REQUIRED,
            audit_key=AUDIT_SIGNING_KEY,
            keys={name: env.keys_text(name) for name in ("ENCRYPTION_KEYS", "DIGEST_KEYS")},
            email_host=EMAIL_HOST,
            email_tls=EMAIL_USE_TLS,
        )
    )
):
    raise ImproperlyConfigured(
        "Too weak for production (CDV_PRODUCTION=no is for trying things out):\n- " + "\n- ".join(weak)
    )

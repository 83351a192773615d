"""All settings, read top to bottom; sites differ by environment variables only (docs/operate.md).

Every variable may also be given as `NAME_FILE`, the path of a file that holds the value.
"""

from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from chatbot_site.lib.env import generated_secret, origins_of, redis_cache
from chatbot_site.lib.reports import start_reports

env = environ.FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

# ── What kind of site ────────────────────────────────────────────────────────────────────────────
# The demo makes its own keys, shows its log-ins, speaks plain HTTP on loopback (`make run`).
DEMO = env.bool("DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)
SITE_NAME = env.str("SITE_NAME", default="Riverside Clinic" if DEMO else "Chatbot")
PORT = env.int("PORT", default=8000)
HTTPS = env.bool("HTTPS", default=not DEMO)

# ── Keys ─────────────────────────────────────────────────────────────────────────────────────────
# Empty values are refused by system checks (accounts.E001, accounts.E002), not here, so that
# linters and `--help` work without secrets.
SECRET_KEY = env.str("SECRET_KEY", default="") or generated_secret(
    VAR_DIR / "secret_key", make=DEMO
)
MASTER_KEY = env.str("MASTER_KEY", default="") or generated_secret(
    VAR_DIR / "master_key", make=DEMO
)

# ── Hosts and origins ────────────────────────────────────────────────────────────────────────────
_LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=_LOCAL_HOSTS if DEMO or DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list(
    "CSRF_TRUSTED_ORIGINS", default=origins_of(ALLOWED_HOSTS, https=HTTPS, port=PORT)
)
# A websocket handshake must name one of these: scheme, host and port.
WEBSOCKET_ORIGINS = CSRF_TRUSTED_ORIGINS

# ── Applications ─────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "daphne",
    "modeltranslation",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "chatbot_site",
    "accounts",
    "conversations",
    "analytics",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.PrivatePageMiddleware",
    "csp.middleware.CSPMiddleware",
    "chatbot_site.lib.csp_admin.AdminPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.PreferredLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "chatbot_site.urls"
ASGI_APPLICATION = "chatbot_site.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "accounts.context.site",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── Database ─────────────────────────────────────────────────────────────────────────────────────
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'site.sqlite3'}")}
_DATABASE = DATABASES["default"]
if _DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    _DATABASE["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    _DATABASE["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    _DATABASE["CONN_HEALTH_CHECKS"] = True

# ── Redis: speed only, never truth ───────────────────────────────────────────────────────────────
REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": redis_cache(REDIS_URL)
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# ── Tasks ────────────────────────────────────────────────────────────────────────────────────────
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 900
CELERY_TASK_TIME_LIMIT = 960
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {
        "visibility_timeout": 2 * CELERY_TASK_TIME_LIMIT,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    }
    if REDIS_URL
    else {"polling_interval": 0.1}
)
CELERY_BEAT_SCHEDULE = {
    "releases_resume": {"task": "conversations.tasks.releases_resume", "schedule": 30},
    "turns_sweep": {"task": "conversations.tasks.turns_sweep", "schedule": 5},
}
# Tasks run in a thread of the web process when nobody else could fetch them from memory.
EMBEDDED_WORKER = env.bool("EMBEDDED_WORKER", default=not REDIS_URL)

# ── Languages ────────────────────────────────────────────────────────────────────────────────────
ALL_LANGUAGES = [
    ("en", _("English")),
    ("es", _("Spanish")),
    ("fr", _("French")),
    ("de", _("German")),
    ("ar", _("Arabic")),
]
_CHOSEN = env.list("LANGUAGES", default=[code for code, _name in ALL_LANGUAGES])
LANGUAGES = [(code, name) for code, name in ALL_LANGUAGES if code in _CHOSEN] or ALL_LANGUAGES
LANGUAGE_CODE = LANGUAGES[0][0]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
# The columns exist for every language the product has, whichever of them a site offers.
MODELTRANSLATION_LANGUAGES = tuple(code for code, _name in ALL_LANGUAGES)
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en",)

# ── Files ────────────────────────────────────────────────────────────────────────────────────────
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
WHITENOISE_USE_FINDERS = DEMO or DEBUG
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO or DEBUG
        else "chatbot_site.lib.static.ModuleManifestStorage"
    },
}

# ── People ───────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "add_email": "accounts.forms.ChangeEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "login": "accounts.forms.SignInForm",
    "reauthenticate": "accounts.forms.ConfirmPasswordForm",
    "reset_password": "accounts.forms.AskForResetForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "signup": "accounts.forms.SignUpForm",
}
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

# ── Sessions and cookies ─────────────────────────────────────────────────────────────────────────
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrftoken"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "chatbot_site.errors.csrf_failure"

# ── Browser security ─────────────────────────────────────────────────────────────────────────────
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # probes inside the network speak plain HTTP
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE, SELF],
        "style-src": [NONCE, SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# ── API ──────────────────────────────────────────────────────────────────────────────────────────
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["conversations.api.authentication.VisitorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "chatbot_site.errors.api_exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Chat API",
    "DESCRIPTION": "The same conversation as over the websocket, for programs that prefer HTTP.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
}

# ── The chat ─────────────────────────────────────────────────────────────────────────────────────
# Limits of the chat.v1 protocol (rules R8 to R11); a load test raises them, never a site.
CHAT = {
    "frames_per_second": env.float("CHAT_FRAMES_PER_SECOND", default=5),
    "frame_burst": env.int("CHAT_FRAME_BURST", default=10),
    "sends_per_minute": env.int("CHAT_SENDS_PER_MINUTE", default=20),
    "sends_per_hour": env.int("CHAT_SENDS_PER_HOUR", default=300),
    "opens_per_minute": env.int("CHAT_OPENS_PER_MINUTE", default=5),
    "handshakes_per_minute": env.int("CHAT_HANDSHAKES_PER_MINUTE", default=30),
    "sockets_per_user": env.int("CHAT_SOCKETS_PER_USER", default=10),
    "sockets_per_ip": env.int("CHAT_SOCKETS_PER_IP", default=50),
    "idle_seconds": env.int("CHAT_IDLE_SECONDS", default=60),
}
# How many proxies in front of the site append to X-Forwarded-For; 0 believes the connection only.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1 if HTTPS else 0)
TURN_THREADS = env.int("TURN_THREADS", default=8 if "postgresql" in _DATABASE["ENGINE"] else 2)
ENCODER = env.str("ENCODER", default="auto")

# ── Mail, logs, error reports ────────────────────────────────────────────────────────────────────
vars().update(env.email_url("EMAIL_URL", default="consolemail://" if DEMO else "dummymail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="chatbot@localhost")
SENTRY_DSN = env.str("SENTRY_DSN", default="")
if SENTRY_DSN:
    start_reports(SENTRY_DSN)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "conversations": {"level": "INFO"},
        "chatbot_site": {"level": "INFO"},
        "daphne": {"level": "WARNING"},
    },
}

# ── Admin ────────────────────────────────────────────────────────────────────────────────────────
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": SITE_NAME,
    "SITE_HEADER": SITE_NAME,
    "SITE_SYMBOL": "forum",
    "SHOW_HISTORY": True,
    "SHOW_LANGUAGES": True,
    "SIDEBAR": {"navigation": "chatbot_site.admin.navigation"},
    "GLOBAL_CALLBACK": "chatbot_site.admin.frame",
    "DASHBOARD_CALLBACK": "conversations.admin.home.home",
}

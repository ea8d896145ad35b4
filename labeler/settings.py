"""Django's settings: one file, everything that differs between places from the environment.

| variable | meaning |
|---|---|
| `LABELMILL_STATE` | directory of the local state, `.local` by default |
| `DATABASE_URL` | PostgreSQL; SQLite in the state directory when not set |
| `DATABASE_MAY_SLEEP` | 1: hold no connection without need, for it keeps the database awake (Aurora that scales to 0) |
| `SECRET_KEY_ARN` | name in Secrets Manager of the key, needed on AWS; one machine makes and keeps its own |
| `SECRET_KEY` | the key itself, where something else has read it (a container's start) |
| `ORIGIN_SECRET_ARN` | name of the secret that requests by CloudFront carry; others are refused then |
| `SITE_ADDRESS` | where people find the app when CloudFront is before it, `https://…` |
| `ALLOWED_HOSTS`, `CSRF_TRUSTED_ORIGINS` | lists separated by commas; loopback by default |
| `STATIC_URL`, `FORCE_SCRIPT_NAME` | where the app stands behind a prefix |
| `DEBUG` | 1: Django's error pages; never on AWS |
"""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.urls import reverse_lazy

from labeler import configuration
from pipeline import stack
from pipeline.errors import InvalidInput

env = configuration.Environment(os.environ)
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
BASE_DIR = Path(__file__).resolve().parent
STATE_DIR = stack.state_dir(os.environ)
IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
ON_AWS = IN_LAMBDA or "ECS_CONTAINER_METADATA_URI_V4" in os.environ

SECRET_KEY, *SECRET_KEY_FALLBACKS = configuration.secret_keys(os.environ, STATE_DIR, local=not ON_AWS)
DEBUG = env.flag("DEBUG")
if DEBUG and ON_AWS:
    raise InvalidInput("DEBUG", "1", "0 on AWS")
ORIGIN_SECRET_ARN = env.str("ORIGIN_SECRET_ARN", "")
SITE_HOST = env.site_host("SITE_ADDRESS")
ALLOWED_HOSTS = [SITE_HOST] if SITE_HOST else env.names("ALLOWED_HOSTS", LOOPBACK)
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", [])
# By CloudFront the site begins at the root, though Zappa sees the API Gateway's stage before each path.
FORCE_SCRIPT_NAME = "" if SITE_HOST else env.str("FORCE_SCRIPT_NAME", None)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces
    "unfold.contrib.filters",
    "labeler.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "labeler.accounts",
    "labeler.audit",
    "labeler.labeling",
    "labeler.adjudication",
    "labeler.datasets",
    "labeler.operations",
    "labeler.jobs",
    "allauth",  # after ours, whose templates it would hide
    "allauth.account",
    "labeler.api",
]

MIDDLEWARE = [
    # First: whoever came past CloudFront gets nothing at all.
    "labeler.middleware.client_address.ClientAddressMiddleware",
    # On AWS CloudFront compresses.
    *([] if ON_AWS else ["django.middleware.gzip.GZipMiddleware"]),
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "labeler.middleware.security_headers.SecurityHeadersMiddleware",  # after the static files, which are no pages
    "labeler.api.problems.ProblemsMiddleware",
    "labeler.middleware.database_wakeup.DatabaseWakeUpMiddleware",  # before all that needs the database
    "labeler.middleware.worker_wakeup.WorkerWakeUpMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "labeler.middleware.null_characters.NullCharactersMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "labeler.audit.account_changes.ActorMiddleware",  # the audit log names who acts
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "labeler.urls"
WSGI_APPLICATION = "labeler.wsgi.application"

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
                "labeler.accounts.context.mails_here",
            ],
        },
    }
]

DATABASE_MAY_SLEEP = env.flag("DATABASE_MAY_SLEEP")
DATABASES = {"default": configuration.database(os.environ, STATE_DIR, on_aws=ON_AWS)}

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "labeler.accounts.sessions.Backend"]
SESSION_ENGINE = "labeler.accounts.sessions"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = reverse_lazy("login")
LOGIN_REDIRECT_URL = reverse_lazy("labeling:home")
HOME_WITHOUT_ROLE = "jobs:jobs"  # name of the page that an account without a role begins at
LOGOUT_REDIRECT_URL = reverse_lazy("login")
SESSION_COOKIE_AGE = 14 * 24 * 3600
# Ten wrong passwords for one account from one address, then a quarter of an hour's pause.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# Sign-up: an address must be confirmed before its owner can log in.
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_ADAPTER = "labeler.accounts.mailing.Adapter"
ACCOUNT_RATE_LIMITS = False  # each process would count for itself: `labeler.accounts.attempts` does
ACCOUNT_USERNAME_VALIDATORS = "labeler.accounts.account_names.chosen"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if ON_AWS else "http"
EMAIL_BACKEND = "labeler.accounts.mailing.Backend"

# Cookies and headers. On loopback there is no TLS to insist on.
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ON_AWS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ON_AWS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if ON_AWS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ON_AWS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Only our own files; no inline script or style, no other site, no frame.
_OWN = "script-src style-src font-src connect-src manifest-src worker-src form-action"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        **{directive: [SELF] for directive in _OWN.split()},
        "img-src": [SELF, "data:"],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# Static files
STATIC_URL = env.str("STATIC_URL", "static/")
STATIC_ROOT = STATE_DIR / "static"
if not ON_AWS:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns when it is missing
STATICFILES_DIRS = [BASE_DIR / "static"]
# Without collected files WhiteNoise serves them from where they lie: nothing to collect on one machine.
WHITENOISE_USE_FINDERS = not ON_AWS
WHITENOISE_AUTOREFRESH = DEBUG

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_GREY = "f8f7f5 f1f0ec e4e1da cbc7be 9b9892 75726b 55524b 3d3b36 2a2a2b 1a1a1c 131315"
_BLUE = "eff4fd dbe7fb bcd3f8 8fb6f2 7fb0ff 3b78e0 1d5fd6 184eb0 16428f 143873 0d2348"


def _shades(colors: str) -> dict[str, str]:
    steps = ("50", *(str(step) for step in range(100, 1000, 100)), "950")
    return {step: f"#{color}" for step, color in zip(steps, colors.split(), strict=True)}


_ICON = "labelmill/icon.svg"

UNFOLD = {
    "SITE_TITLE": "Labelmill",
    "SITE_HEADER": "Labelmill",
    "SITE_ICON": lambda request: static(_ICON),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static(_ICON)}],
    # The tool is grey; colour belongs to labels.
    "COLORS": {"base": _shades(_GREY), "primary": _shades(_BLUE)},
    "DASHBOARD_CALLBACK": "labeler.operations.dashboard.context",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"labeler": {"level": "INFO"}},
}

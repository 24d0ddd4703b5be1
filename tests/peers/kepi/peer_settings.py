"""Settings for kepi: SQLite in KEPI_DIR, and no task queue, since tasks run where they are asked for."""
import os

HOST = os.environ["KEPI_HOST"]
SECRET_KEY = "not-secret"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "peer_urls"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
AUTH_USER_MODEL = "trilby_api.TrilbyUser"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(os.environ["KEPI_DIR"], "kepi.sqlite3")}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, for tests only
_django = "django.contrib."
INSTALLED_APPS = [_django + a for a in ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")] + [
    "rest_framework", "oauth2_provider", "polymorphic",
    "kepi.busby_1st", "kepi.bowler_pub", "kepi.sombrero_sendpub", "kepi.trilby_api", "kepi.tophat_ui",
]
MIDDLEWARE = [
    "peer_settings.api_without_csrf",
    _django + "sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    _django + "auth.middleware.AuthenticationMiddleware",
    _django + "messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "DIRS": [os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")],
    "OPTIONS": {"context_processors": ["django.template.context_processors.request",
                                       _django + "auth.context_processors.auth",
                                       _django + "messages.context_processors.messages"]},
}]
AUTHENTICATION_BACKENDS = ["oauth2_provider.backends.OAuth2Backend", _django + "auth.backends.ModelBackend"]
OAUTH2_PROVIDER = {
    "SCOPES": {"read": "read", "write": "write", "follow": "follow"},
    "ALLOWED_REDIRECT_URI_SCHEMES": ["urn", "http", "https"],
    "ACCESS_TOKEN_EXPIRE_SECONDS": int(os.environ.get("ACCESS_TTL", "3600")),
    "ROTATE_REFRESH_TOKEN": True,
}
REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["oauth2_provider.contrib.rest_framework.OAuth2Authentication"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.FormParser",
                               "rest_framework.parsers.MultiPartParser", "kepi.bowler_pub.parsers.ActivityParser"],
}
_user = "/users/%(username)s"
KEPI = {
    "LOCAL_OBJECT_HOSTNAME": HOST, "OBJECT_LINK": "/%(number)s", "USER_LINK": _user,
    "COLLECTION_LINK": _user + "/%(listname)s", "STATUS_LINK": _user + "/%(id)s",
    "STATUS_ACTIVITY_LINK": _user + "/%(id)s/activity", "STATUS_FEED_LINK": _user + "/feed/%(id)s",
    "USER_FEED_LINK": _user + "/feed", "USER_WEBFINGER_LINK": "/.well-known/webfinger?resource=acct:%(username)s@%(hostname)s",
    "USER_FOLLOWING_LINK": _user + "/following", "USER_FOLLOWERS_LINK": _user + "/followers",
    "USER_INBOX_LINK": _user + "/inbox", "USER_OUTBOX_LINK": _user + "/outbox", "USER_FEATURED_LINK": _user + "/featured",
    "FOLLOW_REQUEST_LINK": _user + "/follow/%(number)x", "SHARED_INBOX_LINK": "/sharedInbox", "TOMBSTONES": True,
    "INSTANCE_NAME": "kepi", "INSTANCE_DESCRIPTION": "test peer", "CONTACT_ACCOUNT": "alice",
    "CONTACT_EMAIL": "alice@example.com", "LANGUAGES": ["en"],
}


def api_without_csrf(get_response):
    """POST /api/v1/apps is a plain Django view: clients have no CSRF token for it."""
    def middleware(request):
        if request.path.startswith("/api/"):
            request._dont_enforce_csrf_checks = True
        return get_response(request)
    return middleware

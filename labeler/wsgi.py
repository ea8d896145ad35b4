"""The web app, for gunicorn and Zappa: brings the local database up to date, then serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeler.settings")
application = get_wsgi_application()

from labeler import database  # noqa: E402  (needs Django set up)

database.ready()

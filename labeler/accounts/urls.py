"""Logging in, and what django-allauth does: sign-up, confirmation of addresses, lost passwords."""

from allauth.account import views
from django.contrib.auth.views import LogoutView
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from labeler.accounts.access import ANYBODY, allow
from labeler.accounts.attempts import limited
from labeler.accounts.views import Login, mails


class Base36Converter(StringConverter):
    regex = "[0-9A-Za-z]+"  # without the hyphen that follows it


register_converter(Base36Converter, "uidb36")

open_to_all = allow(ANYBODY)
login, logout = open_to_all(limited("log-in")(Login.as_view())), open_to_all(LogoutView.as_view())

urlpatterns = [
    path("login/", login, name="login"),
    path("logout/", logout, name="logout"),
    # allauth sends people to these by its own names.
    path("login/", login, name="account_login"),
    path("logout/", logout, name="account_logout"),
    path("inactive/", open_to_all(views.account_inactive), name="account_inactive"),
    path("signup/", open_to_all(limited("sign-up")(views.signup)), name="account_signup"),
    path("confirm/", open_to_all(views.email_verification_sent), name="account_email_verification_sent"),
    path("confirm/<str:key>/", open_to_all(limited("link")(views.confirm_email)), name="account_confirm_email"),
    path("password/reset/", open_to_all(limited("password")(views.password_reset)), name="account_reset_password"),
    path("password/reset/sent/", open_to_all(views.password_reset_done), name="account_reset_password_done"),
    path(
        "password/reset/<uidb36:uidb36>-<str:key>/",
        open_to_all(limited("link")(views.password_reset_from_key)),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        open_to_all(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("mails/", mails, name="mails"),
]

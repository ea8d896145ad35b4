"""Logging in, by name or by confirmed address; and where each goes from there."""

from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.urls import reverse

from labeler.accounts.access import member
from labeler.accounts.models import User


class LoginForm(AuthenticationForm):
    def clean_username(self) -> str:
        given = str(self.cleaned_data["username"])
        confirmed = EmailAddress.objects.filter(email__iexact=given, verified=True).select_related("user").first()
        return confirmed.user.get_username() if confirmed else given

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        addresses = list(EmailAddress.objects.filter(user=user))
        # Accounts made by an admin have no address to confirm.
        if addresses and not any(one.verified for one in addresses):
            raise forms.ValidationError("Confirm your address first: the link is in the mail we sent you.")


class Login(LoginView):
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        roles = member(self.request).roles
        return super().get_default_redirect_url() if "labeler" in roles else reverse(settings.HOME_WITHOUT_ROLE)

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "labeler.accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allauth.account.signals import password_reset

        from labeler.accounts.login_links import confirm_address

        post_migrate.connect(make_groups, sender=self)
        password_reset.connect(confirm_address, dispatch_uid="accounts-confirm")


def make_groups(using: str, **kwargs: object) -> None:
    """The roles as groups, after each migration: a flushed database has them again too."""
    from django.contrib.auth.models import Group

    from labeler.accounts.models import ROLES

    for name in ROLES:
        Group.objects.using(using).get_or_create(name=name)

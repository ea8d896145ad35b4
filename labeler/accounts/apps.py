from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "labeler.accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(make_groups, sender=self)


def make_groups(using: str, **kwargs: object) -> None:
    """The roles as groups, after each migration: a flushed database has them again too."""
    from django.contrib.auth.models import Group

    from labeler.accounts.models import ROLES

    for name in ROLES:
        Group.objects.using(using).get_or_create(name=name)

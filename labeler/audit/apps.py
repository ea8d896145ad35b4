from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "labeler.audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.audit import account_changes

        account_changes.watch()

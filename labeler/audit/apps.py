from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "labeler.audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.audit import account_changes
        from labeler.audit.recovery import AuditPart
        from labeler.labeling.recovery import parts

        account_changes.watch()
        parts.first += [AuditPart()]

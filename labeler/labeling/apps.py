from django.apps import AppConfig


class LabelingConfig(AppConfig):
    name = "labeler.labeling"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.labeling.intake import inbox
        from labeler.labeling.tasks import leases

        leases.supplies.append(inbox.top_up)

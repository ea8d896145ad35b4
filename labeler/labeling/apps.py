from django.apps import AppConfig


class LabelingConfig(AppConfig):
    name = "labeler.labeling"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.labeling import periodic_tasks
        from labeler.labeling.intake import inbox
        from labeler.labeling.tasks import leases
        from labeler.worker import loop

        leases.supplies.append(inbox.top_up)
        loop.periodic_tasks |= periodic_tasks.TASKS

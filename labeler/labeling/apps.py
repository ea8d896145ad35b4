from django.apps import AppConfig


class LabelingConfig(AppConfig):
    name = "labeler.labeling"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.labeling import periodic_tasks
        from labeler.worker import loop

        loop.periodic_tasks |= periodic_tasks.TASKS

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "labeler.operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.operations import worker_tasks
        from labeler.worker import loop

        loop.periodic_tasks |= worker_tasks.TASKS

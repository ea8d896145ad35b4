from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "labeler.datasets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.datasets import worker_tasks
        from labeler.datasets.recovery import ReleasePart
        from labeler.labeling.recovery import parts
        from labeler.labeling.recovery.pushed import PushedPart
        from labeler.worker import loop

        loop.periodic_tasks |= worker_tasks.TASKS
        parts.parts += [PushedPart(), ReleasePart()]

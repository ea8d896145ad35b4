from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "labeler.operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.labeling import links
        from labeler.operations import bulk, figures, monitoring
        from labeler.worker.loop import PeriodicTask, periodic_tasks

        links.of_project.append(links.Link("sources", "operations:sources"))
        periodic_tasks["bulk"] = PeriodicTask(bulk.run)
        periodic_tasks["count"] = PeriodicTask(figures.run)
        periodic_tasks["look"] = PeriodicTask(monitoring.run)

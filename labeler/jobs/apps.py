from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "labeler.jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.jobs import plans, transfers
        from labeler.worker.loop import PeriodicTask, periodic_tasks

        periodic_tasks["plans"] = PeriodicTask(plans.tell_all)
        periodic_tasks["handovers"] = PeriodicTask(transfers.carry_all)

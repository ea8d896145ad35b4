from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "labeler.jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.jobs import handover, plans
        from labeler.worker import loop

        loop.periodic_tasks["plans"] = loop.PeriodicTask(plans.tell_all)
        loop.periodic_tasks["handovers"] = loop.PeriodicTask(handover.carry_all)

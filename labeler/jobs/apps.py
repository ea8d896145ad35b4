from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "labeler.jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.jobs import handover, plans
        from labeler.worker import rounds

        rounds.chores["plans"] = plans.tell_all
        rounds.chores["handovers"] = handover.carry_all

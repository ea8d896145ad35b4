from django.apps import AppConfig


class AdjudicationConfig(AppConfig):
    name = "labeler.adjudication"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.adjudication import comparisons, decisions, review_events, rulings
        from labeler.adjudication.recovery.gold import GoldPart
        from labeler.adjudication.recovery.review_events import EventPart
        from labeler.labeling import links
        from labeler.labeling.recovery import parts
        from labeler.worker.loop import PeriodicTask, periodic_tasks

        periodic_tasks["compare"] = PeriodicTask(comparisons.catch_up)
        periodic_tasks["pass-agreed"] = PeriodicTask(decisions.pass_agreed)
        periodic_tasks["rulings"] = PeriodicTask(rulings.apply)
        periodic_tasks["sweep-reviews"] = PeriodicTask(review_events.sweep)
        links.of_project.append(links.Link("disputes", "adjudication:next"))
        links.of_task.append(links.Link("dispute", "adjudication:dispute"))
        parts.parts += [GoldPart(), EventPart()]

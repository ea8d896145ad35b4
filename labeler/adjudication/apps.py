from django.apps import AppConfig


class AdjudicationConfig(AppConfig):
    name = "labeler.adjudication"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.adjudication.recovery.gold import GoldPart
        from labeler.adjudication.recovery.review_events import EventPart
        from labeler.labeling.recovery import parts

        parts.parts += [GoldPart(), EventPart()]

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "labeler.review"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.labeling import background
        from labeler.labeling.recovery import parts
        from labeler.review import chores, recovery, reviewing, rights

        rights.watch()
        background.chores |= chores.CHORES | reviewing.CHORES
        parts.parts += [recovery.GoldPart(), recovery.ReleasePart()]

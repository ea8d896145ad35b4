from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "labeler.review"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.labeling import background
        from labeler.labeling.recovery import parts
        from labeler.review import chores, reviewing, rights
        from labeler.review.recovery.accounts import AuditPart
        from labeler.review.recovery.events import EventPart
        from labeler.review.recovery.gold import GoldPart
        from labeler.review.recovery.pushed import PushedPart
        from labeler.review.recovery.releases import ReleasePart

        rights.watch()
        background.chores |= chores.CHORES | reviewing.CHORES
        parts.first += [AuditPart()]
        parts.parts += [GoldPart(), EventPart(), PushedPart(), ReleasePart()]

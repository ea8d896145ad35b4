from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "labeler.review"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from labeler.labeling import background
        from labeler.review import chores

        background.chores |= chores.CHORES

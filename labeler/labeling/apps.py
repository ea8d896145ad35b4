from django.apps import AppConfig


class LabelingConfig(AppConfig):
    name = "labeler.labeling"
    default_auto_field = "django.db.models.BigAutoField"

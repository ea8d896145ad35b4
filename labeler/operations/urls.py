from django.urls import path

from labeler.operations import bulk_views, dead_letter_views, source_views
from labeler.operations.archived import views as archived_views

app_name = "operations"

urlpatterns = [
    path("queues/<slug:name>/redrive", dead_letter_views.redrive, name="redrive"),
    path("actions/<int:action>/undo", bulk_views.undo, name="undo-action"),
    path("pages/<int:post>/", archived_views.archived, name="archived"),
    path("<slug:slug>/sources/", source_views.sources, name="sources"),
    path("<slug:slug>/sources/save", source_views.save, name="save-source"),
]

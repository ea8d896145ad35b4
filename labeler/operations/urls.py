from django.urls import path

from labeler.operations import bulk_views, dead_letter_views, source_views

app_name = "operations"

urlpatterns = [
    path("queues/<slug:name>/redrive", dead_letter_views.redrive, name="redrive"),
    path("actions/<int:action>/undo", bulk_views.undo, name="undo-action"),
    path("<slug:slug>/sources/", source_views.sources, name="sources"),
    path("<slug:slug>/sources/save", source_views.save, name="save-source"),
]

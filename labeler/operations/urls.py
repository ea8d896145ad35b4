from django.urls import path

from labeler.operations import views

app_name = "operations"

urlpatterns = [
    path("queues/<slug:name>/redrive", views.redrive, name="redrive"),
    path("actions/<int:action>/undo", views.undo, name="undo-action"),
    path("<slug:slug>/sources/", views.sources, name="sources"),
    path("<slug:slug>/sources/save", views.save, name="save-source"),
]

from django.urls import path

from labeler.datasets import views

app_name = "datasets"

urlpatterns = [
    path("imports/<int:imported>/decide", views.decide_import, name="import-decide"),
    path("imports/<int:imported>/report.jsonl", views.import_report, name="import-report"),
    path("releases/<int:release>/card", views.release_card, name="release-card"),
    path("releases/<int:release>/files/<path:path>", views.release_file, name="release-file"),
]

from django.urls import path

from labeler.review.views import archived, datasets, deciding, labels, phrases, redriving, sources, undoing

app_name = "review"

urlpatterns = [
    path("", deciding.home, name="home"),
    path("queues/<slug:name>/redrive", redriving.redrive, name="redrive"),
    path("actions/<int:action>/undo", undoing.undo, name="undo-action"),
    path("preview", labels.preview, name="preview"),
    path("pages/<int:post>/", archived.archived, name="archived"),
    path("datasets/imports/<int:imported>/decide", datasets.decide_import, name="import-decide"),
    path("datasets/imports/<int:imported>/report.jsonl", datasets.import_report, name="import-report"),
    path("datasets/releases/<int:release>/card", datasets.release_card, name="release-card"),
    path("datasets/releases/<int:release>/files/<path:path>", datasets.release_file, name="release-file"),
    path("<slug:slug>/", deciding.next_dispute, name="next"),
    path("<slug:slug>/phrases/", phrases.phrases, name="phrases"),
    path("<slug:slug>/sources/", sources.sources, name="sources"),
    path("<slug:slug>/sources/save", sources.save, name="save-source"),
    path("<slug:slug>/labels/", labels.labels, name="labels"),
    path("<slug:slug>/labels/operate", labels.operate, name="operate"),
    path("<slug:slug>/versions/", labels.history, name="versions"),
    path("<slug:slug>/versions/restore", labels.restore, name="restore"),
    path("<slug:slug>/phrases/<int:ruling>/undo", phrases.undo, name="undo-phrase"),
    path("<slug:slug>/<int:task>/", deciding.dispute, name="dispute"),
    path("<slug:slug>/<int:task>/decide", deciding.decide, name="decide"),
    path("<slug:slug>/<int:task>/send-back", deciding.send_back, name="send-back"),
]

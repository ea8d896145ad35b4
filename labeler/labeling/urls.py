from django.urls import path

from labeler.labeling.archived.views import archived
from labeler.labeling.labels import views as label_views
from labeler.labeling.pages import views

app_name = "labeling"

urlpatterns = [
    path("", views.home, name="home"),
    path("mine/", views.mine, name="mine"),
    path("mine/<int:pk>/", views.correct, name="correct"),
    path("mine/<int:pk>/plain/", views.correct_plain, name="correct-plain"),
    path("label/<slug:slug>/", views.label, name="label"),
    path("label/<slug:slug>/plain/", views.plain, name="plain"),
    path("label/<slug:slug>/next", views.next_post, name="next"),
    path("label/<slug:slug>/submit", views.submit, name="submit"),
    path("label/<slug:slug>/renew", views.renew, name="renew"),
    path("label/<slug:slug>/release", views.release, name="release"),
    path("label/<slug:slug>/leave", views.leave, name="leave"),
    path("label/<slug:slug>/draft", views.draft, name="draft"),
    path("label/<slug:slug>/undo", views.undo, name="undo"),
    path("review/pages/<int:post>/", archived, name="archived"),
    path("review/preview", label_views.preview, name="preview"),
    path("review/<slug:slug>/labels/", label_views.labels, name="labels"),
    path("review/<slug:slug>/labels/operate", label_views.operate, name="operate"),
    path("review/<slug:slug>/versions/", label_views.history, name="versions"),
    path("review/<slug:slug>/versions/restore", label_views.restore, name="restore"),
]

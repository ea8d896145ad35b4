from django.urls import path

from labeler.adjudication import views

app_name = "adjudication"

urlpatterns = [
    path("", views.home, name="home"),
    path("<slug:slug>/", views.next_dispute, name="next"),
    path("<slug:slug>/phrases/", views.phrases, name="phrases"),
    path("<slug:slug>/phrases/<int:ruling>/undo", views.undo, name="undo-phrase"),
    path("<slug:slug>/<int:task>/", views.dispute, name="dispute"),
    path("<slug:slug>/<int:task>/decide", views.decide, name="decide"),
    path("<slug:slug>/<int:task>/send-back", views.send_back, name="send-back"),
]

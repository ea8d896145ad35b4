from django.urls import path, register_converter

from labeler.jobs import profile, uploads, views


class JobIdConverter:
    regex = "[0-9a-z]{20}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class FileConverter(JobIdConverter):
    regex = "result|log|input|rules"


register_converter(JobIdConverter, "job")
register_converter(FileConverter, "jobfile")

app_name = "jobs"

urlpatterns = [
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/open", uploads.open_upload, name="open"),
    path("jobs/begin", uploads.begin, name="begin"),
    path("jobs/<job:job>/", views.job, name="job"),
    path("jobs/<job:job>/upload", uploads.upload, name="upload"),
    path("jobs/<job:job>/arrived", uploads.arrived, name="arrived"),
    path("jobs/<job:job>/archive-now", views.archive_now, name="archive-now"),
    path("jobs/<job:job>/confirm", views.confirm, name="confirm"),
    path("jobs/<job:job>/cancel", views.cancel, name="cancel"),
    path("jobs/<job:job>/retry", views.retry, name="retry"),
    path("jobs/<job:job>/delete", views.delete, name="delete"),
    path("jobs/<job:job>/download/<jobfile:what>", views.download, name="download"),
    path("jobs/<job:job>/send", views.send, name="send"),
    path("account/", profile.profile, name="profile"),
    path("account/plan", profile.plan, name="plan"),
    path("account/delete", profile.delete, name="leave"),
]

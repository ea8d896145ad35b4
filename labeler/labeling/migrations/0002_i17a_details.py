"""What postings say beside their texts, and which of them have ended."""

import django.db.models.deletion
from django.db import migrations, models

STATES = ["open", "done", "closed", "stale", "ended", "deleted"]


def check_states(apps, schema_editor):
    """One state more than before: the code before keeps to it."""
    task = apps.get_model("labeling", "Task")
    [check] = [one for one in task._meta.constraints if one.name == "task_state_is_known"]
    schema_editor.add_constraint(task, check)


class Migration(migrations.Migration):

    dependencies = [
        ("labeling", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Ending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("post_id", models.CharField(max_length=26)),
                ("reason", models.CharField(blank=True, help_text="expired, gone, absent; empty: it is there again", max_length=10)),
                ("last_seen", models.CharField(max_length=10)),
                ("at", models.DateTimeField()),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="labeling.project")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("project", "post_id"), name="ending_once")],
            },
        ),
        migrations.AddField(
            model_name="post",
            name="details",
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text="what its posting says beside the text"),
        ),
        migrations.AddField(
            model_name="post",
            name="ended",
            field=models.CharField(blank=True, db_default="", default="", help_text="the day it was last seen, once its posting has ended", max_length=10),
        ),
        migrations.AddField(
            model_name="task",
            name="withheld",
            field=models.BooleanField(db_default=False, default=False, help_text="its posting has ended, and the project hands none such out"),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(condition=models.Q(("ended", ""), _negated=True), fields=["id"], name="post_ended"),
        ),
        migrations.RemoveConstraint(model_name="task", name="task_state_is_known"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="task",
                    name="state",
                    field=models.CharField(choices=[("open", "Open"), ("done", "Done"), ("closed", "Closed"), ("stale", "Stale"), ("ended", "Ended"), ("deleted", "Deleted")], default="open", max_length=8),
                ),
                migrations.AddConstraint(
                    model_name="task",
                    constraint=models.CheckConstraint(condition=models.Q(("state__in", STATES)), name="task_state_is_known"),
                ),
            ],
        ),
        migrations.RunPython(check_states, migrations.RunPython.noop),
    ]

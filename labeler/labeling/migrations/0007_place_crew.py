import hashlib
from collections import defaultdict
from functools import reduce
from operator import xor

from django.conf import settings
from django.db import migrations, models


def _number(labeler):
    return int.from_bytes(hashlib.sha256(str(labeler).encode()).digest()[:8], "big") >> 1


def count_crews(apps, _):
    places = apps.get_model("labeling", "Place").objects
    begun = places.filter(state="answered").values("task")
    open_in = places.exclude(state="answered").filter(task__in=begun).order_by("task").distinct()
    tasks = list(open_in.values_list("task", flat=True))
    for at in range(0, len(tasks), 400):
        some = tasks[at : at + 400]
        crews, tasks_of = defaultdict(list), defaultdict(list)
        for task, labeler in places.filter(task__in=some, state="answered").values_list("task", "labeler"):
            crews[task].append(_number(labeler))
        for task, numbers in crews.items():
            tasks_of[reduce(xor, numbers)].append(task)
        for crew, same in tasks_of.items():
            places.filter(task__in=same).exclude(state="answered").update(crew=crew)


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0006_deleted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="place", name="place_next"),
        migrations.AddField(
            model_name="place",
            name="crew",
            field=models.BigIntegerField(default=0, help_text="who has answered the task already, see `crews`"),
        ),
        migrations.AddIndex(
            model_name="place",
            index=models.Index(fields=["project", "state", "crew", "rank", "id"], name="place_next"),
        ),
        migrations.RunPython(count_crews, migrations.RunPython.noop),
    ]

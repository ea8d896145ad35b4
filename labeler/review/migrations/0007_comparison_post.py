import django.db.models.deletion
from django.db import migrations, models


def forget(apps, schema_editor):
    """The worker compares all anew: it takes minutes, and needs no rows without a post in between."""
    apps.get_model("review", "Comparison").objects.all().delete()
    apps.get_model("review", "Cursor").objects.filter(name="comparing").delete()


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0008_lists_by_key'),
        ('review', '0006_look'),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.AddField(
            model_name='comparison',
            name='post',
            field=models.OneToOneField(default=0, help_text="the task's, for lists", on_delete=django.db.models.deletion.PROTECT, related_name='comparison', to='labeling.post'),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name='comparison',
            index=models.Index(fields=['state', 'post'], name='comparison_state_by_post'),
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models

FILL = """UPDATE labeling_labeledspan SET post_id = (SELECT t.post_id FROM labeling_annotation a
JOIN labeling_task t ON t.id = a.task_id WHERE a.id = labeling_labeledspan.annotation_id)"""


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0008_lists_by_key'),
    ]

    operations = [
        migrations.AddField(
            model_name='labeledspan',
            name='post',
            field=models.ForeignKey(db_index=False, help_text='for lists of posts', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.post'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0002_handover"),
    ]

    operations = [
        migrations.CreateModel(
            name="AnnotationJob",
            fields=[
                ("id", models.CharField(max_length=20, primary_key=True, serialize=False)),
            ],
            options={
                "managed": False,
            },
        ),
    ]

"""Published releases, from the bucket into the database and compared with it."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from labeler.datasets.models import Release
from labeler.datasets.releases import builder
from labeler.datasets.releases.options import Options
from labeler.labeling.models import Project
from labeler.reconciliation import Progress
from labeler.services import cloud
from pipeline.schema import Json

log = logging.getLogger(__name__)


class ReleasePart:
    def rebuild(self, project: Project, progress: Progress) -> "Counter[str]":
        counts: Counter[str] = Counter()
        known = set(_published(project))
        for version in builder.published_versions(cloud().releases, project.slug):
            if version in known:
                continue
            try:
                fields = _fields(_manifest(project, version))
            except (ValueError, KeyError, TypeError) as error:
                counts["unreadable"] += 1
                log.error("releases/%s/v%d is passed over: %r", project.slug, version, error)
                continue
            Release.objects.update_or_create(project=project, version=version, defaults=fields)
            counts["releases"] += 1
            progress(1)
        return counts

    def differences(self, project: Project, progress: Progress) -> Iterator[str]:
        rows = _published(project)
        there = set(builder.published_versions(cloud().releases, project.slug))
        for version in sorted(there | set(rows)):
            name = f"releases/{project.slug}/v{version}"
            if version not in rows:
                yield f"{name}: in S3 only"
            elif version not in there:
                yield f"{name}: in the database only"
            elif rows[version] != _manifest(project, version):
                yield f"{name}: the manifest is not what the row says"
            progress(1)


def _fields(manifest: Json) -> Json:
    """Of the row. Raises `ValueError`, `KeyError`, `TypeError` for what is no manifest of ours."""
    if manifest["schema"] != builder.SCHEMA:
        raise ValueError(f"field 'schema': given {manifest['schema']!r}, allowed: {builder.SCHEMA!r}")
    began = datetime.fromisoformat(manifest["began_at"])
    options = Options(
        formats=tuple(dict.fromkeys(one["format"] for one in manifest["files"])),
        unit=manifest["unit"],
        shares=manifest["shares"],
        seed=manifest["seed"],
        licence=manifest["licence"],
    )
    return {
        "options": {**options.to_json(), "filters": manifest["filters"]},
        "by": manifest["by"],
        "began_at": began,
        "beat_at": began,
        "state": Release.State.PUBLISHED,
        "done": manifest["posts"],
        "manifest": manifest,
    }


def _published(project: Project) -> dict[int, Json]:
    rows = Release.objects.filter(project=project, state=Release.State.PUBLISHED)
    return dict(rows.values_list("version", "manifest"))


def _manifest(project: Project, version: int) -> Json:
    key = f"releases/{project.slug}/v{version}/manifest.json"
    manifest: Json = json.loads(cloud().releases.get(key).body)
    return manifest

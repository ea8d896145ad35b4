"""Datasets on their way in and out. Releases are rebuilt from S3."""

from labeler.datasets.models.imports import Import
from labeler.datasets.models.release import Release

__all__ = ["Import", "Release"]

"""What the project's commands share: faults of the world end them with one clear line instead of a traceback."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeler.labeling.answering.spans import Refused
from pipeline.config import ConfigError
from pipeline.ports import StoreUnavailable
from pipeline.stack import StackError


class Command(BaseCommand):
    requires_system_checks: list[str] = []

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute(*args, **options)
        except (Refused, ConfigError, StackError, StoreUnavailable) as error:
            raise CommandError(str(error)) from error

"""What the project's commands share: faults of the world end them with one clear line instead of a traceback."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipeline.config import ConfigError
from pipeline.errors import InvalidInput
from pipeline.ports import StoreUnavailable
from pipeline.stack import StackError


class Command(BaseCommand):
    requires_system_checks: list[str] = []

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute(*args, **options)
        except (InvalidInput, ConfigError, StackError, StoreUnavailable) as error:
            raise CommandError(str(error)) from error

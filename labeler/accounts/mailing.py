"""Django's mails through SES of the stack: on one machine that is the local one, whose mails a page lists."""

import os
from typing import Any

from anymail.backends import amazon_ses

from pipeline import stack
from pipeline.adapters import aws


class Backend(amazon_ses.EmailBackend):
    """Takes the stack's client, made at the first mail, instead of one from settings read at the start."""

    client: Any = None

    def open(self) -> bool:
        if self.client:
            return False
        self.client = aws.clients(stack.environment(os.environ)).client("sesv2")
        return True

    def close(self) -> None:
        self.client = None  # others use it too

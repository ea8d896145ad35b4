"""What AWS answers when it does not do what it was asked, in the words of `pipeline.ports`."""

import contextlib
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.ports import StoreUnavailable


def status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def unavailable(where: str) -> Iterator[None]:
    """Any error of AWS inside becomes `StoreUnavailable`, naming `where`."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise StoreUnavailable(f"{where}: {error}") from error

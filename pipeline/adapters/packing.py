"""Messages into batches that SQS and SNS accept: ten at most, and 256 KiB of encoded bytes in all.

The limit is on the *batch*; the local AWS does not keep it, AWS does.
"""

from collections.abc import Iterator, Sequence

from pipeline.ports import Message

MAX_ENTRIES = 10
MAX_BYTES = 256 * 1024


def size(message: Message) -> int:
    """Bytes that count against the limit: the body, and name, type and value of each attribute."""
    attributes = sum(len((name + value).encode()) + len("String") for name, value in message.attributes.items())
    return len(message.body.encode()) + attributes


def pack(messages: Sequence[Message]) -> tuple[list[list[int]], list[int]]:
    """Positions of `messages` as batches in their order, and the positions of those too large for any batch."""
    batches: list[list[int]] = []
    too_large: list[int] = []
    room = 0
    for position, message in enumerate(messages):
        taken = size(message)
        if taken > MAX_BYTES:
            too_large.append(position)
            continue
        if not batches or taken > room or len(batches[-1]) == MAX_ENTRIES:
            batches.append([])
            room = MAX_BYTES
        batches[-1].append(position)
        room -= taken
    return batches, too_large


def chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ten at a time, for the batch calls that carry ids only."""
    for at in range(0, len(items), MAX_ENTRIES):
        yield items[at : at + MAX_ENTRIES]

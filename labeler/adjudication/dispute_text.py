"""The text of a post with what its answers say below it: agreed spans quiet, each option of a dispute a lane. Pure."""

from collections.abc import Mapping, Sequence
from html import escape

from labeler.adjudication.disputes import Dispute, TokenSpan
from labeler.labeling.pages.lanes import LANES, NO_COLOR, free
from labeler.labeling.pages.page import Block

_CLASSES = {"heading": "h", "item": "i", "blank": "b"}


def letters(answers: Sequence[int]) -> str:
    return ", ".join(chr(ord("A") + one) for one in answers)


def html(
    blocks: Sequence[Block], agreed: Sequence[TokenSpan], disputes: Sequence[Dispute], slots: Mapping[str, int]
) -> str:
    """`slots`: the palette's by label. Tokens carry their number, for scripts."""
    painted = _Painted(agreed, disputes, slots)
    numbers = {one.first: at for at, one in enumerate(disputes, 1)}
    out = []
    for block in blocks:
        row, before = [], None
        for at, (index, text) in enumerate(block.pieces):
            if index is None:
                after = block.pieces[at + 1][0] if at + 1 < len(block.pieces) else None
                name = painted.gap(before, after)
                row.append(f'<span class="{name}">{escape(text)}</span>' if name else escape(text))
                continue
            if index in numbers:
                number = numbers[index]
                row.append(f'<a class="no" href="#d{number}" aria-label="Dispute {number}">{number}</a>')
            row.append(f"<span {painted.token(index)}>{escape(text)}</span>")
            before = index
        kind = _CLASSES.get(block.kind, "")
        out.append(f'<p dir="auto" class="{kind}">{"".join(row)}{block.tail}</p>')
    return "".join(out)


class _Painted:
    """Classes by token; a gap is painted as far as the spans on both its sides are the same."""

    def __init__(self, agreed: Sequence[TokenSpan], disputes: Sequence[Dispute], slots: Mapping[str, int]) -> None:
        self._slots = slots
        self._lanes: dict[int, dict[str, TokenSpan | None]] = {}
        self._said: dict[int, dict[str, str]] = {}
        self._disputed: dict[int, Dispute] = {}
        for dispute in disputes:
            self._dispute(dispute)
        for span in agreed:
            self._agree(span)

    def _dispute(self, dispute: Dispute) -> None:
        # Options beyond the third stand beside the text only.
        for lane, option in zip(LANES, dispute.options, strict=False):
            for token in range(dispute.first, dispute.last):
                self._disputed[token] = dispute
                self._lanes.setdefault(token, {})[lane] = None
            who = letters(option.answers)
            if not option.spans:
                self._said.setdefault(dispute.first, {})[lane] = f"{who} nothing"
            # The inner span lies over the outer one.
            for span in sorted(option.spans, key=lambda one: one[0] - one[1]):
                self._said.setdefault(span[0], {})[lane] = f"{who} {span[2]}"
                for token in range(span[0], span[1]):
                    self._lanes[token][lane] = span

    def _agree(self, span: TokenSpan) -> None:
        tokens = [token for token in range(span[0], span[1]) if token not in self._disputed]
        if lane := free(self._lanes.get(token, {}) for token in tokens):
            for token in tokens:
                self._lanes.setdefault(token, {})[lane] = span

    def _slot(self, span: TokenSpan | None) -> int:
        return self._slots.get(span[2], NO_COLOR) if span else 0

    def token(self, index: int) -> str:
        lanes = self._lanes.get(index)
        if not lanes:
            return f'class="t" data-t="{index}"'
        names = " ".join(f"{lane}{self._slot(span)}" for lane, span in sorted(lanes.items()))
        if index not in self._disputed:
            held = [span for span in lanes.values() if span]
            ends = (" s" if any(index == span[0] for span in held) else "") + (
                " e" if any(index == span[1] - 1 for span in held) else ""
            )
            title = ", ".join(span[2] for span in held)
            return f'class="t on {names}{ends}" data-t="{index}" title="{escape(title)}"'
        said = "".join(f' data-{lane}="{escape(words)}"' for lane, words in self._said.get(index, {}).items())
        return f'class="t dis {_depth(lanes)}{names}" data-t="{index}"{said}'

    def gap(self, before: int | None, after: int | None) -> str:
        if before is None or after is None or before not in self._lanes or after not in self._lanes:
            return ""
        ours, theirs = self._lanes[before], self._lanes[after]
        if self._disputed.get(before) is not self._disputed.get(after):
            return ""
        if before in self._disputed:
            both = {lane: span if theirs.get(lane) == span else None for lane, span in ours.items()}
            return f"dis {_depth(both)}" + " ".join(f"{lane}{self._slot(span)}" for lane, span in sorted(both.items()))
        same = [f"{lane}{self._slot(span)}" for lane, span in sorted(ours.items()) if theirs.get(lane) == span]
        return f"on {' '.join(same)}" if same else ""


def _depth(lanes: Mapping[str, object]) -> str:
    return "three " if len(lanes) > 2 else ""

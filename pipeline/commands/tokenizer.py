"""Trains, tries and publishes tokenizers."""

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from pipeline import corpus, stack, tokenizers, training
from pipeline.adapters.aws import S3Store, clients
from pipeline.corpus import CorpusRefused
from pipeline.formats.record import RowRefused
from pipeline.ports import ObjectMissing, StoreUnavailable
from pipeline.storable import storable
from pipeline.text import normalise
from pipeline.tokens import ModelRefused, Tokenizer


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (ModelRefused, CorpusRefused, tokenizers.TokenizerChanged, ObjectMissing, StoreUnavailable) as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline.tokenizer", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="train | encode | inspect | publish")

    train = commands.add_parser("train", help="train a model on texts", description="Trains a SentencePiece model.")
    train.add_argument(
        "inputs", nargs="*", type=Path, help="text files, JSON Lines with a field 'text', folders of them"
    )
    train.add_argument("--release", metavar="PROJECT/VERSION", help="the texts of a dataset release")
    train.add_argument("--type", choices=training.TYPES, default="unigram")
    train.add_argument("--vocabulary", type=int, default=8_000, help="the most pieces it may have (%(default)s)")
    train.add_argument("-o", "--output", type=Path, required=True, help="where the model file goes")
    train.add_argument("--name", help="its name; with --as-version writes an id file beside the model")
    train.add_argument("--as-version", help="its version")
    train.set_defaults(run=_train)

    encode = commands.add_parser(
        "encode",
        help="tokenize JSON lines",
        description="Reads JSON lines with `text` and writes them with normalised `text`, `starts`, `ends` (code "
        "points), `words` and `pieces` (the text of each token). A field `language` (ISO 639-1) says by which rules.",
    )
    encode.add_argument("file", nargs="?", type=Path, help="standard input when not given")
    _model_option(encode)
    encode.set_defaults(run=_encode)

    inspect = commands.add_parser("inspect", help="show a model", description="Shows what a model is and does.")
    inspect.add_argument("--text", action="append", default=[], help="a text to show the tokens of")
    _model_option(inspect)
    inspect.set_defaults(run=_inspect)

    publish = commands.add_parser("publish", help="put a model into the posts bucket", description="Publishes a model.")
    publish.add_argument("model", type=Path)
    publish.add_argument("--name", required=True)
    publish.add_argument("--as-version", required=True)
    publish.set_defaults(run=_publish)
    return parser


def _model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", help="a model file, or NAME/VERSION of one in the posts bucket; the shipped one when not given"
    )


def _train(options: argparse.Namespace) -> int:
    if bool(options.name) != bool(options.as_version):
        raise ModelRefused("give --name and --as-version together")
    if options.vocabulary < 300:
        raise ModelRefused(f"--vocabulary: given {options.vocabulary}, allowed: 300 and more (256 are for bytes)")
    started = time.monotonic()
    texts = list(_kept(_inputs(options)))
    print(f"training on {len(texts)} texts, {sum(map(len, texts)):,} characters …", file=sys.stderr, flush=True)
    model = training.train(texts, options.type, options.vocabulary)
    made = Tokenizer(model, options.name or options.output.stem, options.as_version or "0")
    report = training.measure(made, tqdm(texts, "measuring", unit=" texts", disable=None))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(model)
    if options.name:
        id_file = options.output.with_suffix(".json")
        id_file.write_text(json.dumps(made.id.to_json(), indent=2) + "\n")
    _print_json(
        model=str(options.output),
        type=options.type,
        vocabulary=made.size,
        bytes=len(model),
        sha256=made.id.sha256,
        texts=report.texts,
        characters=report.characters,
        coverage=round(report.coverage, 6),
        tokens_per_word=round(report.tokens / max(report.words, 1), 3),
        seconds=round(time.monotonic() - started, 1),
    )
    return 0


def _inputs(options: argparse.Namespace) -> Iterator[str | RowRefused]:
    if bool(options.inputs) == bool(options.release):
        raise CorpusRefused("give either files and folders, or --release PROJECT/VERSION")
    if options.release:
        project, _, version = options.release.partition("/")
        env = stack.environment(os.environ)
        yield from corpus.release_texts(S3Store(clients(env).s3, env["RELEASES_BUCKET"]), project, version)
        return
    for path in tqdm(corpus.files(options.inputs), "reading", unit=" files", disable=None):
        yield from corpus.texts(path)


def _kept(found: Iterable[str | RowRefused]) -> Iterator[str]:
    refused = 0
    for text in found:
        if isinstance(text, str):
            yield text
        else:
            refused += 1
            print(f"left out: {text}", file=sys.stderr)
    if refused:
        print(f"{refused} rows left out", file=sys.stderr)


def _encode(options: argparse.Namespace) -> int:
    tokenizer = _chosen(options.model)
    done = refused = 0
    for number, line in enumerate(tqdm(_lines(options.file), "encoding", unit=" texts", disable=None), 1):
        if not line.strip():
            continue
        try:
            row = storable(json.loads(line))
            text = row["text"] if isinstance(row, dict) else None
            if not isinstance(text, str):
                raise ValueError("an object with a string in field 'text' is needed")
        except (ValueError, KeyError, RecursionError) as error:
            refused += 1
            print(f"line {number} left out: given {line[:60]!r}: {error}", file=sys.stderr)
            continue
        done += 1
        print(json.dumps({**row, **encoded(tokenizer, text, _language(row))}, ensure_ascii=False))
    print(f"{done} texts encoded with {tokenizer.id.name} {tokenizer.id.version}, {refused} left out", file=sys.stderr)
    return 1 if refused else 0


def _lines(path: Path | None) -> Iterator[str]:
    """Lines that end at `\\n` alone: U+2028 and its kin are text."""
    with contextlib.nullcontext(sys.stdin.buffer) if path is None else path.open("rb") as file:
        for line in file:
            yield line.decode("utf-8", "replace")


def _language(row: dict[str, object]) -> str:
    given = row.get("language")
    return given if isinstance(given, str) else "und"


def encoded(tokenizer: Tokenizer, text: str, language: str = "und") -> dict[str, object]:
    """What `encode` adds to a row."""
    text = normalise(text)
    tokens = tokenizer.encode(text, language)
    ranges = tokens.ranges()
    return {
        "text": text,
        "starts": [start for start, _ in ranges],
        "ends": [end for _, end in ranges],
        "words": list(tokens.words),
        "pieces": [text[start:end] for start, end in ranges],
    }


def _inspect(options: argparse.Namespace) -> int:
    tokenizer = _chosen(options.model)
    pieces = tokenizer.pieces()
    tried = [encoded(tokenizer, text) for text in options.text]
    whole = [piece for piece in pieces if piece.startswith("\u2581") and len(piece) > 1]
    _print_json(
        **tokenizer.id.to_json(),
        vocabulary=tokenizer.size,
        whole_word_beginnings=len(whole),
        longest=sorted(pieces, key=len)[-5:],
        texts=[{name: found[name] for name in ("text", "pieces")} for found in tried],
    )
    return 0


def _publish(options: argparse.Namespace) -> int:
    model = options.model.read_bytes()
    Tokenizer(model, options.name, options.as_version)  # refused before the local stack is started for it
    env = stack.environment(os.environ)
    store = S3Store(clients(env).s3, env["POSTS_BUCKET"])
    made, new = tokenizers.publish(store, model, options.name, options.as_version)
    _print_json(**made.to_json(), key=made.key, published=new)
    return 0


def _chosen(model: str | None) -> Tokenizer:
    if not model:
        return tokenizers.default()
    path = Path(model)
    if path.exists():
        return Tokenizer(path.read_bytes(), path.stem, "0")
    name, slash, version = model.partition("/")
    if not slash or path.suffix == ".model":
        raise ModelRefused(f"--model: given {model!r}, allowed: a model file, or NAME/VERSION in the posts bucket")
    env = stack.environment(os.environ)
    return tokenizers.fetch_named(S3Store(clients(env).s3, env["POSTS_BUCKET"]), name, version)


def _print_json(**values: object) -> None:
    print(json.dumps(values, ensure_ascii=False, indent=2))

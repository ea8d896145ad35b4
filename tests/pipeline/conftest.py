"""A tokenizer small enough to train anew for each run of the tests."""

import io

import pytest
import sentencepiece

from pipeline.tokens import Tokenizer

SENTENCES = [
    "We are looking for a baker with two years of experience and a driving licence.",
    "You drive a forklift, check deliveries and know Python, C++ and node.js.",
    "Wir suchen eine Köchin in Vollzeit; Deutsch und Englisch sind nötig.",
    "Nous cherchons un cuisinier pour Montréal, télétravail impossible.",
] * 20


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES),
        model_writer=model,
        vocab_size=400,
        hard_vocab_limit=False,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        minloglevel=2,
    )
    return Tokenizer(model.getvalue(), "test", "1")

"""Requests that lead the system astray, or that come many at once."""

import pytest

from pipeline.web.addresses import Guard


@pytest.mark.parametrize(
    "address",
    ["192.0.0.192", "192.0.0.9", "192.0.0.170", "::ffff:192.0.0.192", "64:ff9b::c000:c0", "2002:c000:c0::1",
     "192.88.99.1", "100:0:0:1::1", "3fff::1", "5f00::1", "64:ff9b:1::1"],
)  # fmt: skip
def test_cwe_918_no_special_address_counts_as_public(address: str) -> None:
    assert not Guard().allows(address)


def test_the_addresses_beside_them_are_public() -> None:
    for address in ("192.0.1.1", "192.88.98.1", "192.88.100.1", "2606:4700::1"):
        assert Guard().allows(address)

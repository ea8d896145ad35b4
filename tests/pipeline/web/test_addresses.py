"""Which addresses may be connected to."""

import pytest

from pipeline.web.addresses import Guard, InsideAddress


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert Guard().allows(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "169.254.170.2",
        "fd00:ec2::254", "fe80::1%eth0", "0.0.0.0", "::", "100.64.0.1", "224.0.0.1", "ff02::1", "255.255.255.255",
        "192.0.2.1", "198.18.0.1", "240.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "2002:0a00:0001::",
        "64:ff9b::a00:1", "64:ff9b:1::a00:1", "::10.0.0.1", "2001:db8::1", "fec0::1", "localhost", "", "1.2.3",
    ],
)  # fmt: skip
def test_inside_addresses_are_not(address: str) -> None:
    assert not Guard().allows(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_allowed_where_it_is_asked_for_and_nothing_else_with_it(address: str) -> None:
    guard = Guard(allow_loopback=True)
    assert guard.allows(address)
    assert not guard.allows("10.0.0.1")
    assert not guard.allows("169.254.169.254")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
    ],
)
def test_urls_that_are_refused_before_any_look_up(url: str) -> None:
    with pytest.raises(InsideAddress):
        Guard().check_url(url)


def test_names_are_decided_when_they_are_resolved() -> None:
    Guard().check_url("https://localhost/")

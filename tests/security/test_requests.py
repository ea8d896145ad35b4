"""Requests that lead the system astray, or that come many at once."""

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labeler.accounts.models import User
from labeler.datasets.models import Release
from labeler.datasets.releases import builder
from labeler.datasets.releases.options import Options
from labeler.labeling.answering import answers
from labeler.labeling.models import Annotation, LabeledSpan, Post, Project
from labeler.labeling.recovery.rebuild import Rebuild
from labeler.labeling.recovery.reconcile import differences
from labeler.labeling.tasks import leases
from pipeline.web.addresses import Guard
from tests.labeler.conftest import cloud, labeler, person, project, quick_passwords, ready, take
from tests.labeler.test_race import in_threads
from tests.labeler.test_recovery import put_in_archive
from tests.scraper.site import Answer, Site
from tests.scraper.test_proxy import ask, through

__all__ = ["cloud", "labeler", "person", "project", "quick_passwords", "ready", "take"]


def test_cwe_362_eight_equal_requests_at_once_are_one_release(transactional_db: None, project: Project) -> None:
    asked = in_threads(lambda _: builder.ask(project, Options(seed=7)).pk)
    assert len(set(asked)) == 1
    assert [one.version for one in Release.objects.all()] == [1]


def test_cwe_362_eight_different_requests_at_once_are_eight_versions(transactional_db: None, project: Project) -> None:
    asked: list[Any] = in_threads(lambda number: builder.ask(project, Options(seed=number)).version)
    assert sorted(asked) == list(range(1, 9))


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


class Resolver:
    """A name server on loopback that gives another address at each question, with no time to live."""

    def __init__(self, *addresses: str) -> None:
        self.addresses, self.asked = list(addresses), 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            question, client = self._socket.recvfrom(512)
            if not question:
                return
            address = self.addresses[min(self.asked, len(self.addresses) - 1)]
            self.asked += 1
            head = question[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
            answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
            self._socket.sendto(head + question[12:] + answer, client)

    async def lookup(self, host: str, port: int) -> Any:
        """As the loop's own `getaddrinfo`, by a question over UDP."""
        return await asyncio.to_thread(self._look_up, host, port)

    def _look_up(self, host: str, port: int) -> Any:
        name = b"".join(bytes([len(part)]) + part.encode() for part in host.split(".")) + b"\0"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.sendto(b"\x01\x02" + struct.pack("!HHHHH", 0x100, 1, 0, 0, 0) + name + struct.pack("!HH", 1, 1),
                          self._socket.getsockname())  # fmt: skip
            found = client.recv(512)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (socket.inet_ntoa(found[-4:]), port))]

    def close(self) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()


@pytest.fixture
def inside() -> Iterator[Site]:
    """What a rebound name would lead to."""
    made = Site()
    made.pages["/"] = Answer("inside")
    yield made
    made.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "0.0.0.0"])
def test_cwe_350_a_name_of_the_web_that_leads_inside_is_not_followed(inside: Site, address: str) -> None:
    resolver = Resolver(address)
    said = through(
        Guard(), ask(f"GET http://rebound.example:{inside.port}/ HTTP/1.1\r\nHost: x\r\n\r\n"), resolver.lookup
    )
    resolver.close()
    assert said.startswith(b"HTTP/1.1 403")
    assert inside.asked == []


def test_cwe_350_what_was_looked_at_is_what_is_connected_to(inside: Site) -> None:
    resolver = Resolver("127.0.0.1", "169.254.169.254")
    request = ask(f"GET http://rebound.example:{inside.port}/ HTTP/1.1\r\nHost: x\r\n\r\n")
    allowing = Guard(allow_loopback=True)
    assert through(allowing, request, resolver.lookup).endswith(b"inside")
    assert resolver.asked == 1  # the address that was checked, not a second answer
    assert through(allowing, request, resolver.lookup).startswith(b"HTTP/1.1 403")
    resolver.close()
    assert len(inside.asked) == 1


def test_cwe_918_a_site_does_not_lead_inside_by_a_redirect(inside: Site) -> None:
    for target in ("http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/", "file:///etc/passwd",
                   "gopher://127.0.0.1/", "http://0x7f000001/", "http://2130706433/"):  # fmt: skip
        said = through(Guard(), ask(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"))
        assert said.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400", b"HTTP/1.1 502")), target


def test_cwe_837_a_resend_after_a_rebuild_counts_once(
    cloud: Any, project: Project, labeler: User, take: Callable[..., Post], ready: Callable[..., Any]
) -> None:
    take()
    put_in_archive(cloud, ready())
    lease = leases.next_task(project, labeler)
    assert lease
    given, key = answers.Answer("labels", spans=[(4, 5, "Role")]), "key-of-the-page"
    answers.submit(lease.token, labeler, given, key)
    LabeledSpan.objects.all().delete()
    Annotation.objects.all().delete()
    Rebuild().run()
    again = answers.submit(lease.token, labeler, given, key)
    assert (again.repeated, again.stored) == (True, True)
    assert Annotation.objects.get().idempotency_key == key
    assert not list(differences())


def test_cwe_837_objects_that_share_a_key_or_have_a_wrong_one_are_rebuilt_all_the_same(
    cloud: Any, project: Project, labeler: User, take: Callable[..., Post], ready: Callable[..., Any]
) -> None:
    take()
    put_in_archive(cloud, ready())
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, answers.Answer("labels"), "key-of-the-page")
    (one,) = cloud.labels.list("annotations/")
    body = json.loads(cloud.labels.get(one.key).body)
    for n, wrong in enumerate(["key-of-the-page", "x", 7, None, "a" * 300, "a\nb"], 2):
        made = json.dumps({**body, "n": n, "submit_key": wrong}).encode()
        cloud.labels.put(one.key.replace("/1.json", f"/{n}.json"), made)
    LabeledSpan.objects.all().delete()
    Annotation.objects.all().delete()
    Rebuild().run()
    assert sorted(Annotation.objects.values_list("n", flat=True)) == [1, 2, 3, 4, 5, 6, 7]

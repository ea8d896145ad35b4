"""The database is entered by tokens made anew for each connection, and only where its certificate is Amazon's."""

import datetime
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from psycopg import OperationalError

from labeler import configuration
from labeler.aurora import AUTHORITIES, base
from tests.postgresql_cluster import NotInstalled, cluster

HOST = "mill.cluster-abcdefghijkl.us-east-1.rds.amazonaws.com"
URL = f"postgresql://labeler@{HOST}:5432/labelmill?sslmode=verify-full"

Connect = Callable[..., base.DatabaseWrapper]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Of a role, as the container of a function or task has them."""
    for name, value in {
        "REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "session",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ENDPOINT_URL", raising=False)
    base._signer.cache_clear()
    yield
    base._signer.cache_clear()


def wrapper(url: str, **options: Any) -> base.DatabaseWrapper:
    found = configuration.database({"DATABASE_URL": url}, Path("nowhere"), on_aws=True)
    assert found["ENGINE"] == "labeler.aurora"
    found["OPTIONS"] |= options
    given = {"TIME_ZONE": None, "AUTOCOMMIT": True, "ATOMIC_REQUESTS": False, **found}
    return base.DatabaseWrapper(given, "of this test")


def test_without_a_password_on_aws_it_is_aurora_and_elsewhere_it_is_not(tmp_path: Path) -> None:
    def engine(url: str, on_aws: bool) -> str:
        return str(configuration.database({"DATABASE_URL": url}, tmp_path, on_aws)["ENGINE"])

    assert engine(URL, True) == "labeler.aurora"
    assert engine(URL, False) == "django.db.backends.postgresql"
    assert engine(URL.replace("labeler@", "labeler:password@"), True) == "django.db.backends.postgresql"


def test_each_connection_has_a_token_of_its_own_for_its_user_and_host() -> None:
    parameters = wrapper(URL).get_connection_params()
    address, _, query = parameters["password"].partition("?")
    told = {name: value[0] for name, value in parse_qs(query).items()}
    assert address == f"{HOST}:5432/"
    assert told["Action"] == "connect"
    assert told["DBUser"] == "labeler"
    assert told["X-Amz-Expires"] == "900"
    assert told["X-Amz-Credential"].startswith("AKIDEXAMPLE/")
    assert told["X-Amz-Credential"].endswith("/us-east-1/rds-db/aws4_request")
    assert told["X-Amz-Security-Token"] == "session"
    assert parameters["user"] == "labeler"
    assert parameters["connect_timeout"] == 5


def test_a_token_is_signed_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(["first", "second"])

    class Signer:
        def generate_db_auth_token(self, *where: object) -> str:
            return next(made)

    database = wrapper(URL)
    with monkeypatch.context() as patched:
        patched.setattr(base, "_signer", Signer)
        assert [database.get_connection_params()["password"] for _ in range(2)] == ["first", "second"]


def test_the_certificate_must_be_amazons_and_the_hosts_own() -> None:
    parameters = wrapper(URL).get_connection_params()
    assert (parameters["sslmode"], parameters["sslrootcert"]) == ("verify-full", str(AUTHORITIES))


def test_the_authorities_are_amazons_and_last() -> None:
    found = x509.load_pem_x509_certificates(AUTHORITIES.read_bytes())
    names = {one.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value for one in found}
    assert all(str(name).startswith("Amazon RDS ") for name in names)
    assert {f"Amazon RDS us-east-1 Root CA {kind} G1" for kind in ("RSA2048", "RSA4096", "ECC384")} <= names
    assert min(one.not_valid_after_utc for one in found).year >= 2061
    ssl.create_default_context(cafile=str(AUTHORITIES))


def connected(url: str) -> Any:
    database = wrapper(url)
    return database.get_new_connection(database.get_connection_params())


class Certificates:
    """An authority of this test's own, and a server's certificate by it."""

    def __init__(self, folder: Path) -> None:
        authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.authority = folder / "authority.pem"
        self.authority.write_bytes(_signed("of a test", authority, authority, []).public_bytes(Encoding.PEM))
        names: list[x509.GeneralName] = [x509.DNSName("localhost")]
        self.certificate = _signed("localhost", server, authority, names).public_bytes(Encoding.PEM)
        self.key = server.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _signed(
    name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, names: list[x509.GeneralName]
) -> x509.Certificate:
    now, issuer = (
        datetime.datetime.now(datetime.UTC),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "of a test")]),
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    return (made.add_extension(x509.SubjectAlternativeName(names), False) if names else made).sign(by, hashes.SHA256())


@pytest.mark.slow
def test_a_server_is_believed_by_its_authority_and_its_name_alone(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    trusted = f"&sslrootcert={made.authority}"
    try:
        with cluster(certificate=made.certificate, key=made.key) as url:
            address = url.replace("@127.0.0.1", "@localhost") + "?sslmode=verify-full"
            with connected(address + trusted) as right:
                by_tls = right.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                assert by_tls.fetchone() == (True,)
            with pytest.raises(OperationalError, match="certificate verify failed"):
                connected(address)  # by Amazon's authorities
            with pytest.raises(OperationalError, match="does not match host name"):
                connected(address.replace("@localhost", "@127.0.0.1") + trusted)
    except NotInstalled as error:
        pytest.skip(str(error))

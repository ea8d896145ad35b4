"""The audit log, from the bucket into the database, and the accounts that it tells of, without their passwords."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone

from labeler import reconciliation, record_store
from labeler.accounts import account_names
from labeler.accounts.models import User
from labeler.audit import account_changes
from labeler.audit.models import AuditEntry
from labeler.reconciliation import Progress
from labeler.services import cloud
from pipeline.ports import Listed
from pipeline.schema import AuditRecord, Json, SchemaError

log = logging.getLogger(__name__)

BATCH = 500
AHEAD = 8  # fetched at a time
PREFIX = "audit/"


def rebuild(progress: Progress) -> "Counter[str]":
    """Before the projects, so that who worked in them is found under their own names."""
    counts: Counter[str] = Counter()
    while record_store.sweep(AuditEntry)[0]:
        pass
    listed, by = cloud().labels.list(PREFIX), dict[str, list[str]]()
    with ThreadPoolExecutor(AHEAD) as pool:
        while batch := list(islice(listed, BATCH)):
            records = [one for one in pool.map(_read, _missing(batch)) if one]
            AuditEntry.objects.bulk_create([_row(one) for one in records])
            for one in records:
                by.setdefault(one.by, []).append(one.id)
            counts["audit entries"] += len(records)
            progress(len(batch))
    counts["accounts"] = _accounts()
    people = dict(User.objects.filter(labeler_id__in=by).values_list("labeler_id", "pk"))
    for labeler_id, pk in people.items():
        ids = by[labeler_id]
        for at in range(0, len(ids), BATCH):
            AuditEntry.objects.filter(id_in_s3__in=ids[at : at + BATCH]).update(by=pk)
    return +counts


def differences(progress: Progress) -> Iterator[str]:
    """Entries that wait for the worker to store them are none."""
    rows = AuditEntry.objects.filter(stored_at__isnull=False).select_related("by").order_by("pk")
    found = ((row.record().key, record_store.body(row), True) for row in rows.iterator(reconciliation.CHUNK))
    return reconciliation.differences(cloud().labels, PREFIX, found, progress)


def _missing(batch: list[Listed]) -> list[str]:
    names = {one.key: one.key.rpartition("/")[2].removesuffix(".json") for one in batch}
    known = set(AuditEntry.objects.filter(id_in_s3__in=names.values()).values_list("id_in_s3", flat=True))
    return [key for key, name in names.items() if name not in known]


def _read(key: str) -> AuditRecord | None:
    try:
        record = AuditRecord.from_json(json.loads(cloud().labels.get(key).body))
        if record.key != key:
            raise SchemaError(f"given the entry {record.key}, allowed: {key}")
    except ValueError as error:
        log.error("%s is passed over: %s", key, error)
        return None
    return record


def _row(record: AuditRecord) -> AuditEntry:
    """Who did it is filled in when the accounts are there."""
    return AuditEntry(
        id_in_s3=record.id,
        at=datetime.fromisoformat(record.at),
        subject=record.subject,
        action=record.action,
        account=record.account,
        before=record.before,
        after=record.after,
        extra=record.extra,
        stored_at=timezone.now(),
    )


def _accounts() -> int:
    """Makes the accounts that the database lacks, as they were last. An account that is there stays as it is."""
    known = set(User.objects.values_list("labeler_id", flat=True))
    states: dict[str, Json] = {}
    told = AuditEntry.objects.exclude(account="").order_by("at", "pk").values_list("account", "after")
    for labeler_id, after in told.iterator(BATCH):
        if labeler_id not in known:
            states.setdefault(labeler_id, {}).update(after)
    taken = set(User.objects.values_list("username", flat=True))
    groups = dict(Group.objects.values_list("name", "pk"))
    for labeler_id, state in states.items():
        fields = {name: state[name] for name in account_changes.WATCHED if name in state}
        if not fields.get("username") or fields["username"] in taken:
            fields["username"] = f"{account_names.UNNAMED}{labeler_id}"
        # Past the signals: this is no change of rights, and the log has it already.
        (user,) = User.objects.bulk_create([User(labeler_id=labeler_id, password=make_password(None), **fields)])
        through = User.groups.through
        if fields.get("email") and state.get("confirmed") == fields["email"]:
            address = EmailAddress(user=user, email=fields["email"], verified=True, primary=True)
            EmailAddress.objects.bulk_create([address], ignore_conflicts=True)
        names = [name for name in state.get("groups", ()) if name in groups]
        through.objects.bulk_create([through(user_id=user.pk, group_id=groups[name]) for name in names])
        taken.add(user.username)
    return len(states)

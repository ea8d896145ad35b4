"""Changes of accounts and rights, told to the audit log as they are saved, whoever saves them."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.db.models.signals import m2m_changed, post_init, post_save
from django.http import HttpRequest, HttpResponse

from labeler.accounts.models import User
from labeler.audit import audit_log

WATCHED = ("username", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser")
_acting: ContextVar[User | None] = ContextVar("acting", default=None)


class ActorMiddleware:
    """Remembers for a request who acts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user if request.method not in ("GET", "HEAD") and request.user.is_authenticated else None
        token = _acting.set(user)
        try:
            return self.get_response(request)
        finally:
            _acting.reset(token)


def watch() -> None:
    post_init.connect(_remember, User, dispatch_uid="audit-remember")
    post_save.connect(_saved, User, dispatch_uid="audit-saved")
    email_confirmed.connect(_confirmed, dispatch_uid="audit-confirmed")
    m2m_changed.connect(_groups, User.groups.through, dispatch_uid="audit-groups")


def _state(user: User) -> dict[str, Any]:
    # Only what was read: asking for a deferred field would cost a query for each row of a list.
    known = {name: user.__dict__[name] for name in WATCHED if name in user.__dict__}
    return known | ({"password": user.__dict__["password"]} if "password" in user.__dict__ else {})


def _remember(instance: User, **_: object) -> None:
    instance.__dict__["_before"] = _state(instance)


def _saved(instance: User, created: bool, raw: bool = False, **_: object) -> None:
    before = {} if created else instance.__dict__.get("_before", {})
    after = _state(instance)
    instance.__dict__["_before"] = after
    if raw:
        return
    changed = created or before.get("password") != after.get("password")
    shown = [{name: value for name, value in state.items() if name != "password"} for state in (before, after)]
    if changed and not created:
        shown[1]["password"] = "changed"  # noqa: S105
    action = "created" if created else "changed"
    who = _actor(instance)
    audit_log.record(who, f"user {instance.username}", action, shown[0], shown[1], account=instance.labeler_id)


def _confirmed(email_address: EmailAddress, **_: object) -> None:
    """A rebuild needs it: by an address that is not confirmed nobody gets in."""
    user = User.objects.get(pk=email_address.user_id)
    after = {"confirmed": email_address.email}
    audit_log.record(_actor(user), f"user {user.username}", "confirmed", {}, after, account=user.labeler_id)


def _groups(instance: User, action: str, pk_set: set[int] | None, reverse: bool, model: object, **_: object) -> None:
    if reverse or action not in ("pre_add", "pre_remove", "pre_clear", "post_add", "post_remove", "post_clear"):
        return
    names = sorted(instance.groups.values_list("name", flat=True))
    if action.startswith("pre_"):
        instance.__dict__.setdefault("_groups_before", names)
        return
    before = instance.__dict__.pop("_groups_before", names)
    groups = {"groups": before}, {"groups": names}
    audit_log.record(_actor(instance), f"user {instance.username}", "rights", *groups, account=instance.labeler_id)


def _actor(instance: User) -> User | None:
    user = _acting.get()
    return User.objects.filter(pk=user.pk).first() if user else None

"""Changes of accounts and rights, told to the audit log as they are saved, whoever saves them."""

from collections.abc import Callable, Collection
from contextvars import ContextVar

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.db.models.signals import m2m_changed, post_save, pre_save
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
    pre_save.connect(_remember, User, dispatch_uid="audit-remember")
    post_save.connect(_saved, User, dispatch_uid="audit-saved")
    email_confirmed.connect(_confirmed, dispatch_uid="audit-confirmed")
    m2m_changed.connect(_groups, User.groups.through, dispatch_uid="audit-groups")


def _remember(instance: User, raw: bool, update_fields: Collection[str] | None, **_: object) -> None:
    """What the database holds of the fields that are about to be saved, if any of them is watched."""
    saved = [name for name in (*WATCHED, "password") if update_fields is None or name in update_fields]
    found = User.objects.filter(pk=instance.pk).values(*saved).first() if saved and not raw else None
    instance.__dict__["_before"] = found


def _saved(instance: User, created: bool, raw: bool, **_: object) -> None:
    before = instance.__dict__.pop("_before")
    if raw or (before is None and not created):
        return
    after = {name: getattr(instance, name) for name in before or (*WATCHED, "password")}
    before = before or {}
    new_password = before.pop("password", None) != after.pop("password", None)
    if new_password and not created:
        after["password"] = "changed"  # noqa: S105
    action = "created" if created else "changed"
    who = _actor(instance)
    audit_log.record(who, f"user {instance.username}", action, before, after, account=instance.labeler_id)


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

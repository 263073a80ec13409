"""The tree, roles, staff with their memberships, and how staff sign in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Node(models.Model):
    """A place in the organisation. `path` is the ids from the root, each followed by a dot: `1.4.9.`."""

    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    path = models.CharField(max_length=120, unique=True)
    city = models.CharField(max_length=60, default="", blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    version = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A set of permissions and how far they reach. Of system roles only the key counts; the rest is code."""

    key = models.CharField(max_length=40, unique=True)
    label = models.CharField(max_length=80, default="")
    is_system = models.BooleanField(default=False)
    reach = models.CharField(max_length=10)
    permissions_json = models.TextField(default="[]")
    version = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return self.label or self.key


class StaffManager(BaseUserManager["Staff"]):
    def get_by_natural_key(self, username: str | None) -> Staff:
        return self.get(email__iexact=username)

    def create(self, **fields: Any) -> Staff:
        raise TypeError("create staff through org.services.create_staff")


class Staff(AbstractBaseUser):
    """A person who signs in, with an e-mail address as the name."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=80)
    title = models.CharField(max_length=80, default="", blank=True)
    language = models.CharField(max_length=10, default="", blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    # Since when a second step is asked for; read with every request, so it stands here.
    second_step_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[StaffManager] = StaffManager()

    class Meta:
        verbose_name_plural = "staff"

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A role that a member of staff has at a node."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["staff", "node", "role"], name="membership_once"),)


class AccessToken(models.Model):
    """A bearer token of one member of staff for the API; only its hash is kept."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    label = models.CharField(max_length=80)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class StaffSession(AbstractBaseSession):
    """A browser session. Beyond Django's columns: whose it is, since when, and where it was seen last."""

    staff = models.ForeignKey(Staff, null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.CharField(max_length=45, default="")
    agent = models.CharField(max_length=300, default="")

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from siyu.org.sessions import SessionStore  # it needs this table

        return SessionStore


class SecondStep(models.Model):
    """The authenticator app of a member of staff. `used_step` is the last time step that was spent: codes work once."""

    staff = models.OneToOneField(Staff, primary_key=True, on_delete=models.CASCADE, related_name="+")
    sealed_secret = models.BinaryField()
    confirmed_at = models.DateTimeField(null=True)
    used_step = models.BigIntegerField(default=0)
    attempt_count = models.IntegerField(default=0)
    locked_until = models.DateTimeField(null=True)


class RecoveryCode(models.Model):
    """A code that opens the second step once, for whoever has lost the phone; only its hash is kept."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    code_hash = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["staff", "code_hash"], name="recovery_code_once"),)


class UsedPassword(models.Model):
    """A password that somebody had before, as Django's hash: the last few are not taken again."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    encoded = models.CharField(max_length=128)
    replaced_at = models.DateTimeField()


class PasswordLink(models.Model):
    """A link that lets one person choose a password once: an invitation, or a reset. Only its hash is kept."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=12)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class SignInRules(models.Model):
    """The brand's rules for signing in: one row, or none while nobody has changed them."""

    roles_json = models.TextField(default="[]")
    idle_minutes = models.IntegerField()
    absolute_hours = models.IntegerField()
    version = models.BigIntegerField(default=1)


class ApiKey(models.Model):
    """A key of the brand for a program: its own permissions below a node. Only hashes of its secrets are kept.

    After a rotation the old secret (`old_hash`) works on until `old_until`.
    """

    name = models.CharField(max_length=80, unique=True)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    permissions_json = models.TextField()
    # Address ranges that it may come from; none is anywhere.
    networks_json = models.TextField(default="[]")
    rate_per_minute = models.IntegerField()
    hint = models.CharField(max_length=8)
    key_hash = models.BinaryField(max_length=32, unique=True)
    old_hash = models.BinaryField(max_length=32, unique=True, null=True)
    old_until = models.DateTimeField(null=True)
    created_by = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.CharField(max_length=60, default="")

    def __str__(self) -> str:
        return self.name

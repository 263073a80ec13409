"""The rule of Siyu beside Django's own: none of the last passwords again."""

from __future__ import annotations

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from siyu.org.models import Staff, UsedPassword

# The present one counts.
REMEMBERED_PASSWORDS = 5


class NotAgainValidator:
    """Refuses the present password and the ones before it."""

    def validate(self, password: str, user: Staff | None = None) -> None:
        if user is None or user.pk is None:
            return
        earlier = UsedPassword.objects.filter(staff_id=user.pk).order_by("-pk").values_list("encoded", flat=True)
        known = [user.password, *earlier[: REMEMBERED_PASSWORDS - 1]]
        if any(check_password(password, encoded) for encoded in known):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def get_help_text(self) -> str:
        return _("None of your last %(count)s passwords.") % {"count": REMEMBERED_PASSWORDS}

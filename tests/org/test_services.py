"""Staff sign in with real passwords; tokens open the API until they end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput
from siyu.org import queries, services
from siyu.org.contracts import STRANGER, EmailTaken
from siyu.org.models import AccessToken, Staff

pytestmark = pytest.mark.django_db


def test_weak_passwords_and_taken_addresses_are_refused(owner: Staff) -> None:
    with pytest.raises(InvalidInput):
        services.create_staff(email="bob@example.com", name="Bob", password="12345678")
    with pytest.raises(EmailTaken):
        services.create_staff(email="Alice@Example.com", name="Alice", password="correct horse battery")


def test_a_token_is_kept_as_a_hash_and_names_its_owner(owner: Staff) -> None:
    token = services.create_token(staff_id=owner.pk, label="script")
    assert token.encode() not in bytes(AccessToken.objects.get().token_hash)
    assert queries.staff_by_token(token) == owner
    assert queries.staff_by_token(token + "x") is None


def test_a_token_ends_with_its_time_by_revocation_or_with_its_owner(owner: Staff) -> None:
    timed = services.create_token(staff_id=owner.pk, label="timed", days=1)
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert queries.staff_by_token(timed) is None
    lasting = services.create_token(staff_id=owner.pk, label="lasting")
    assert services.revoke_tokens(staff_id=owner.pk) == 2
    assert queries.staff_by_token(lasting) is None
    fresh = services.create_token(staff_id=owner.pk, label="fresh")
    Staff.objects.update(is_active=False)
    assert queries.staff_by_token(fresh) is None


def test_a_viewer_is_an_active_member_of_staff_or_a_stranger(owner: Staff) -> None:
    assert queries.viewer_of(owner).all_customers
    owner.is_active = False
    assert queries.viewer_of(owner) == STRANGER
    assert queries.viewer_of(None) == STRANGER

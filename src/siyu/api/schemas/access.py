"""How staff get in: state, sessions, links. Passwords, codes and cookies never cross the wire."""

from __future__ import annotations

from datetime import datetime

from ninja import Field, Schema

from siyu.org.contracts import LinkPurpose, SignInState


class StaffAccessOut(Schema):
    """`link_expires_at` is set while a link waits to be used."""

    id: int
    email: str
    name: str
    state: SignInState
    second_step: bool
    session_count: int
    last_login: datetime | None
    link_expires_at: datetime | None


class StaffAccessPage(Schema):
    items: list[StaffAccessOut]
    next_cursor: str | None


class SessionOut(Schema):
    """`key` names the session for ending it; nobody can sign in with it."""

    key: str
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime


class SessionList(Schema):
    items: list[SessionOut]


class SessionsEnded(Schema):
    ended_count: int


class NewLinkOut(Schema):
    """`url` is told this once: whoever opens it chooses the password of this account."""

    staff_id: int
    purpose: LinkPurpose = Field(description="An invitation without a password yet, else a reset.")
    url: str
    expires_at: datetime

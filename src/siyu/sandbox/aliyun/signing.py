"""Aliyun's two request signatures, from the verifier's side: ACS3-HMAC-SHA256 and the older RPC signature
v1.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    r"^ACS3-HMAC-SHA256\s+Credential=(?P<key>[^,\s]+),\s*SignedHeaders=(?P<headers>[^,\s]+),\s*"
    r"Signature=(?P<signature>[0-9a-fA-F]+)\s*$"
)


def encode(text: str) -> str:
    """Percent-encoding as in RFC 3986: only letters, digits and ``-_.~`` stay as they are."""
    return quote(text, safe="~")


def canonical_query(query: Mapping[str, str]) -> str:
    return "&".join(f"{encode(name)}={encode(query[name])}" for name in sorted(query))


def canonical_request(
    *,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    signed: Sequence[str],
    body: bytes,
) -> str:
    """The text under an ACS3 signature. `headers` have lower-case names; `signed` names those that count."""
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in sorted(signed))
    names = ";".join(sorted(signed))
    digest = hashlib.sha256(body).hexdigest()
    return f"{method}\n{path}\n{canonical_query(query)}\n{lines}\n{names}\n{digest}"


def acs3_signature(secret: str, canonical: str) -> str:
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def parse_authorization(header: str) -> tuple[str, list[str], str] | None:
    """Key id, names of the signed headers and signature, or None if the header is not of that form."""
    found = _AUTHORIZATION.match(header)
    if found is None:
        return None
    return found["key"], found["headers"].lower().split(";"), found["signature"].lower()


def rpc_signature(secret: str, method: str, params: Mapping[str, str]) -> str:
    """The signature of the older clients (``aliyun-python-sdk-core``) over all parameters but
    ``Signature``.
    """
    signed = {name: value for name, value in params.items() if name != "Signature"}
    to_sign = f"{method}&{encode('/')}&{encode(canonical_query(signed))}"
    digest = hmac.new(f"{secret}&".encode(), to_sign.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())

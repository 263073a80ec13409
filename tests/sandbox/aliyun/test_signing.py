"""The stand-in's signatures against published figures and against a second implementation."""

from __future__ import annotations

import pytest

from siyu.sandbox.aliyun import signing

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
HEADERS = {
    "accept": "application/json",
    "host": "dysmsapi.aliyuncs.com",
    "x-acs-action": "SendSms",
    "x-acs-content-sha256": EMPTY_SHA256,
    "x-acs-date": "2026-01-01T00:00:00Z",
    "x-acs-signature-nonce": "n0",
    "x-acs-version": "2017-05-25",
}


def test_acs3_signature_is_that_of_the_reference() -> None:
    """Vector V9 of the provider reference."""
    canonical = signing.canonical_request(
        method="POST",
        path="/",
        query={"PhoneNumbers": "13800000000", "SignName": "测试", "TemplateCode": "SMS_1"},
        headers=HEADERS,
        signed=list(HEADERS),
        body=b"",
    )
    wanted = "de53e359213c0b044f62d123caa0c817a1a54429ff7e6f192642c1234186390b"
    assert signing.acs3_signature("sk", canonical) == wanted


def test_query_is_sorted_and_encoded_after_rfc_3986() -> None:
    assert signing.canonical_query({"b": "a b*~", "A": "+/=中"}) == "A=%2B%2F%3D%E4%B8%AD&b=a%20b%2A~"


def test_rpc_signature_is_that_of_the_published_example() -> None:
    """The example of the RPC signature in the provider's documentation: DescribeRegions with testid, testsecret."""
    params = {
        "Timestamp": "2016-02-23T12:46:24Z",
        "Format": "XML",
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "Version": "2014-05-26",
        "SignatureVersion": "1.0",
    }
    assert signing.rpc_signature("testsecret", "GET", params) == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


@pytest.mark.parametrize(
    "header", ["", "Bearer x", "ACS3-HMAC-SHA256 Credential=a", "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host"]
)
def test_a_malformed_authorization_is_recognised(header: str) -> None:
    assert signing.parse_authorization(header) is None


def test_authorization_is_taken_apart_with_and_without_spaces() -> None:
    for gap in (",", ", "):
        header = f"ACS3-HMAC-SHA256 Credential=ak{gap}SignedHeaders=host;x-acs-date{gap}Signature=AB12"
        assert signing.parse_authorization(header) == ("ak", ["host", "x-acs-date"], "ab12")

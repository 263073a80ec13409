"""Aliyun's answer codes and the carriers' receipt codes: what each is about and whether it is for ever.

Both lists change without notice, so an unknown code is transient trouble of the provider: it delays and
stays visible, instead of losing a message for good.
"""

from __future__ import annotations

from siyu.messaging.providers.base import Fault, Rejected

# code: (what it is about, permanent)
_ANSWERS: dict[str, tuple[Fault, bool]] = {
    "isv.BUSINESS_LIMIT_CONTROL": (Fault.RATE, False),
    "isv.DAY_LIMIT_CONTROL": (Fault.RATE, False),
    "isv.MONTH_LIMIT_CONTROL": (Fault.RATE, False),
    "Throttling": (Fault.RATE, False),
    "Throttling.User": (Fault.RATE, False),
    "Throttling.Api": (Fault.RATE, False),
    "isv.MOBILE_NUMBER_ILLEGAL": (Fault.NUMBER, True),
    "isv.BLACK_KEY_CONTROL_LIMIT": (Fault.REFUSED, True),
    "isv.CUSTOMER_REFUSED": (Fault.REFUSED, True),
    "isv.MOBILE_COUNT_OVER_LIMIT": (Fault.CONTENT, True),
    "isv.TEMPLATE_MISSING_PARAMETERS": (Fault.CONTENT, True),
    "isv.INVALID_JSON_PARAM": (Fault.CONTENT, True),
    "isv.INVALID_PARAMETERS": (Fault.CONTENT, True),
    "isv.SMS_TEMPLATE_ILLEGAL": (Fault.CONTENT, True),
    "isv.SMS_SIGNATURE_ILLEGAL": (Fault.CONTENT, True),
    "isv.TEMPLATE_PARAMS_ILLEGAL": (Fault.CONTENT, True),
    "isv.PARAM_LENGTH_LIMIT": (Fault.CONTENT, True),
    "isv.PARAM_NOT_SUPPORT_URL": (Fault.CONTENT, True),
    "isv.SMS_CONTENT_ILLEGAL": (Fault.CONTENT, True),
    "isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE": (Fault.CONTENT, True),
    "isv.EXTEND_CODE_ERROR": (Fault.CONTENT, True),
    "isv.AMOUNT_NOT_ENOUGH": (Fault.ACCOUNT, False),
    "isv.OUT_OF_SERVICE": (Fault.ACCOUNT, False),
    "isv.PRODUCT_UN_SUBSCRIPT": (Fault.ACCOUNT, False),
    "isv.PRODUCT_UNSUBSCRIBE": (Fault.ACCOUNT, False),
    "isv.ACCOUNT_NOT_EXISTS": (Fault.ACCOUNT, False),
    "isv.ACCOUNT_ABNORMAL": (Fault.ACCOUNT, False),
    "isp.RAM_PERMISSION_DENY": (Fault.ACCOUNT, False),
    "SignatureDoesNotMatch": (Fault.ACCOUNT, False),
    "InvalidAccessKeyId.NotFound": (Fault.ACCOUNT, False),
    "InvalidTimeStamp.Expired": (Fault.ACCOUNT, False),
    # A nonce or an action that Aliyun does not know is our fault or the SDK's, cured by a release, not by
    # the message.
    "SignatureNonceUsed": (Fault.PROVIDER, False),
    "InvalidAction.NotFound": (Fault.PROVIDER, False),
    "InvalidVersion": (Fault.PROVIDER, False),
}
# Answers after which the message may have left all the same: to be looked up, like a time-out.
AMBIGUOUS_CODES = frozenset({"isp.SYSTEM_ERROR", "InternalError", "ServiceUnavailable"})

# Carrier codes beside DELIVERED. `MK:`, `MB:` and `ID:` numbers differ by province: only well-known ones
# are here.
_RECEIPTS: dict[str, tuple[Fault, bool]] = {
    "UNDELIV": (Fault.PROVIDER, False),
    "EXPIRED": (Fault.PROVIDER, False),
    "REJECTD": (Fault.REFUSED, True),
    "MN:0001": (Fault.NUMBER, True),
    "MK:0000": (Fault.NUMBER, True),
    "MK:0001": (Fault.NUMBER, True),
    "MK:0010": (Fault.RATE, False),
    "MB:1026": (Fault.RATE, False),
    "MB:0069": (Fault.REFUSED, True),
    "ID:0318": (Fault.CONTENT, True),
    "MOBILE_NOT_ON_SERVICE": (Fault.NUMBER, True),
    "MOBILE_ACCOUNT_ABNORMAL": (Fault.NUMBER, True),
    "IS_CLOSED": (Fault.NUMBER, False),
    "USER_REJECT": (Fault.REFUSED, True),
}
_UNKNOWN = (Fault.PROVIDER, False)


def rejected(code: str, message: str) -> Rejected:
    """The result for an answer code other than OK."""
    fault, permanent = _ANSWERS.get(code, _UNKNOWN)
    return Rejected(code=code, permanent=permanent, message=message, fault=fault)


def receipt_fault(code: str) -> tuple[Fault, bool]:
    """What a failed delivery is about, and whether for ever. Batches report answer codes here too."""
    return _RECEIPTS.get(code) or _ANSWERS.get(code, _UNKNOWN)

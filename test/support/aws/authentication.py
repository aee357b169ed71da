"""Makes the double refuse and permit as AWS does: Inactive keys, propagation, resources in policies, each protocol's errors."""

import json
import time
from typing import Any

from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import JsonRESTError, _RESTError
from moto.iam import access_control
from moto.iam import models as iam_models

# While a user has this tag, each change to its keys takes effect so many milliseconds late.
PROPAGATION_TAG = "double:propagation-ms"

# What services of the JSON protocol answer where those of the query protocol answer the name on the left, always with 400.
JSON_ERRORS = {
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "AccessDenied": "AccessDeniedException",
}

_authorize = ActionAuthenticatorMixin._authenticate_and_authorize_normal_action
_find_key = access_control.IAMUserAccessKey.__init__
_update_key = iam_models.User.update_access_key
_make_key = iam_models.AccessKey.__init__
_mark_used = iam_models.mark_account_as_visited


class QueryError(_RESTError):
    """An error as IAM and STS spell it: moto's own XML has one element too many for the SDK to find the code."""

    def __init__(self, error: _RESTError) -> None:
        super().__init__(error.error_type, error.message)
        self.code = error.code
        self.description = (
            '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
            f"<Code>{error.error_type}</Code><Message>{error.message}</Message></Error>"
            "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
        )


def as_answered(request: Any, error: _RESTError) -> _RESTError:
    if "X-Amz-Target" not in request.headers:
        return QueryError(error)
    answer = JsonRESTError(JSON_ERRORS.get(error.error_type, error.error_type), error.message)
    answer.code = 400
    return answer


def authorize(self: Any, resource: str = "*") -> None:
    try:
        _authorize(self, resource_of(self))
    except _RESTError as error:
        raise as_answered(self, error) from error
    _mark_used(self.current_account, self.access_key, self.service_name, self.region)


def resource_of(request: Any) -> str:
    """The ARN that the request is about, so that a policy can name it. moto itself only knows `*`."""
    if request.service_name == "iam":
        return user_arn(request)
    if request.service_name == "secretsmanager":
        return secret_arn(request)
    return "*"


def user_arn(request: Any) -> str:
    name = first(request.data.get("UserName"))
    key_id = first(request.data.get("AccessKeyId"))
    backend = iam_models.iam_backends[request.current_account]["aws"]
    if name is None and key_id is not None:
        owner = backend.get_user_from_access_key_id(key_id)
        name = owner.name if owner else None
    return f"arn:aws:iam::{request.current_account}:user/{name}" if name else "*"


def secret_arn(request: Any) -> str:
    from moto.secretsmanager.models import secretsmanager_backends

    named = json.loads(request.raw_body or "{}").get("SecretId")
    if named is None:
        return "*"
    secret = secretsmanager_backends[request.current_account][request.region].secrets.get(named)
    return secret.arn if secret else f"arn:aws:secretsmanager:{request.region}:{request.current_account}:secret:{named}"


def first(values: Any) -> Any:
    return values[0] if isinstance(values, list) and values else values


def find_key(self: Any, account_id: str, partition: str, access_key_id: str, headers: dict[str, str]) -> None:
    _find_key(self, account_id, partition, access_key_id, headers)
    key = self.backend.access_keys[access_key_id]
    if not accepted(key):
        raise access_control.CreateAccessKeyFailure(reason="InvalidId")


def accepted(key: Any) -> bool:
    status = key.earlier_status if time.time() < key.settled_at else key.status
    return status == "Active"


def settling(key: Any, earlier_status: str) -> None:
    """From now on the key is in a new status, which is noticed later."""
    backend = iam_models.iam_backends[key.account_id]["aws"]
    tags = {tag["Key"]: tag["Value"] for tag in backend.list_user_tags(key.user_name)} if key.user_name else {}
    key.earlier_status = earlier_status
    key.settled_at = time.time() + int(tags.get(PROPAGATION_TAG, "0")) / 1000


def update_key(self: Any, access_key_id: str, status: str | None = None) -> Any:
    key = self.get_access_key_by_id(access_key_id)
    if status is not None and status != key.status:
        settling(key, earlier_status=key.status)
    return _update_key(self, access_key_id, status)


def make_key(self: Any, user_name: str | None, prefix: str, account_id: str, status: str = "Active") -> None:
    _make_key(self, user_name, prefix, account_id, status)
    self.account_id = account_id
    settling(self, earlier_status="not made yet")


def correct() -> None:
    ActionAuthenticatorMixin._authenticate_and_authorize_normal_action = authorize
    access_control.IAMUserAccessKey.__init__ = find_key
    iam_models.User.update_access_key = update_key
    iam_models.AccessKey.__init__ = make_key
    # Only a request that was let in counts as a use of its key.
    iam_models.mark_account_as_visited = lambda **_: None

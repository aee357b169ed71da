"""Makes Secrets Manager's staging labels and idempotency tokens behave as its API reference says."""

import threading
from typing import Any

from moto.secretsmanager import models
from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceExistsException,
    ResourceNotFoundException,
    SecretNotFoundException,
)

Backend = models.SecretsManagerBackend
_put_value = Backend.put_secret_value
_one_at_a_time = threading.Lock()


def changeable(backend: Any, secret_id: str) -> Any:
    if secret_id not in backend.secrets:
        raise SecretNotFoundException()
    secret = backend.secrets[secret_id]
    if isinstance(secret, models.ReplicaSecret):
        raise models.OperationNotPermittedOnReplica()
    if secret.is_deleted():
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    return secret


def holder(secret: Any, label: str) -> str | None:
    return next((id for id, version in secret.versions.items() if label in version["version_stages"]), None)


def put_value(
    self: Any,
    secret_id: str,
    secret_string: str,
    secret_binary: str,
    client_request_token: str,
    version_stages: list[str],
) -> str:
    """A token that is in use: the same content is a success that changes nothing, another content an error."""
    with _one_at_a_time:
        secret = changeable(self, secret_id)
        known = secret.versions.get(client_request_token)
        if known and ("secret_string" in known or "secret_binary" in known):
            if known.get("secret_string") != secret_string or known.get("secret_binary") != secret_binary:
                raise ResourceExistsException(
                    f"You can't use ClientRequestToken {client_request_token} because that value is already in use "
                    f"for a version of secret {secret.arn}."
                )
            return secret.to_short_dict(include_version_stages=True, version_id=client_request_token)
        secret.default_version_id = holder(secret, "AWSCURRENT")
        return _put_value(self, secret_id, secret_string, secret_binary, client_request_token, list(version_stages))


def update_stage(
    self: Any, secret_id: str, version_stage: str, remove_from_version_id: str, move_to_version_id: str
) -> tuple[str, str]:
    """All is checked before anything is changed, and a label is only ever on one version."""
    with _one_at_a_time:
        secret = changeable(self, secret_id)
        attached = holder(secret, version_stage)
        check_move(secret, version_stage, attached, remove_from_version_id, move_to_version_id)
        if attached != move_to_version_id:
            move(secret, version_stage, attached if remove_from_version_id else None, move_to_version_id)
        return secret.arn, secret.name


def check_move(secret: Any, label: str, attached: str | None, source: str | None, to: str | None) -> None:
    if to and to not in secret.versions:
        raise ResourceNotFoundException(f"Secrets Manager can't find the specified secret value for VersionId: {to}")
    if source and source != attached:
        raise InvalidParameterException(
            f"The parameter RemoveFromVersionId can't be {source}. Staging label {label} isn't attached to it."
        )
    if to and attached and attached != to and not source:
        raise InvalidParameterException(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to "
            f"version {attached}, so you must explicitly reference that version in RemoveFromVersionId."
        )
    if label == "AWSCURRENT" and not to:
        raise InvalidParameterException("You can't remove the staging label AWSCURRENT without moving it.")
    if not to and not source:
        raise InvalidParameterException("You must provide MoveToVersionId or RemoveFromVersionId.")


def move(secret: Any, label: str, source: str | None, to: str | None) -> None:
    stages = {id: version["version_stages"] for id, version in secret.versions.items()}
    if source:
        stages[source].remove(label)
    if to:
        stages[to].append(label)
    if label == "AWSCURRENT":
        secret.remove_version_stages_from_old_versions(["AWSPREVIOUS"])
        if source:
            stages[source].append("AWSPREVIOUS")
        # What GetSecretValue gives when no label is named; moto leaves it on what was written last.
        secret.default_version_id = to


def labelled_versions(self: Any) -> dict[str, list[str]]:
    """DescribeSecret does not show versions without a label."""
    return {id: version["version_stages"] for id, version in self.versions.items() if version["version_stages"]}


def correct() -> None:
    Backend.put_secret_value = put_value
    Backend.update_secret_version_stage = update_stage
    models.FakeSecret._form_version_ids_to_stages = labelled_versions

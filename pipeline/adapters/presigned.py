"""Addresses by which a browser reaches one object without an account: signed, and good for a while."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def form(
    s3: "S3Client", bucket: str, key: str, most: int, seconds: int, back_to: str = ""
) -> tuple[str, Mapping[str, str]]:
    """Where a form with a file of 1 to `most` bytes goes, and the fields that it must hold before the file. Afterwards
    S3 leads to the page `back_to`, or answers 201."""
    then = {"success_action_redirect": back_to} if back_to else {"success_action_status": "201"}
    fields = {**then, "Content-Type": "application/octet-stream"}
    made = s3.generate_presigned_post(
        bucket,
        key,
        Fields=dict(fields),
        Conditions=[["content-length-range", 1, most], *({name: value} for name, value in fields.items())],
        ExpiresIn=seconds,
    )
    return made["url"], made["fields"]


def link(s3: "S3Client", bucket: str, key: str, file_name: str, seconds: int) -> str:
    """From where the object is downloaded as a file of this name."""
    plain = "".join(
        letter if (letter.isascii() and letter.isalnum()) or letter in "._- " else "_" for letter in file_name
    )
    return s3.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket,
            "Key": key,
            # Never shown in the browser, whatever an uploaded text pretends to be.
            "ResponseContentDisposition": f'attachment; filename="{plain[-120:]}"',
            "ResponseContentType": "application/octet-stream",
        },
        ExpiresIn=seconds,
    )

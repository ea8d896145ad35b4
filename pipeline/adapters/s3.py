"""A bucket of S3 as an `ObjectStore`."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from pipeline.adapters.aws_errors import code, status, unavailable
from pipeline.ports import (
    STANDARD,
    Head,
    Listed,
    ObjectChanged,
    ObjectExists,
    ObjectMissing,
    RestoreRefused,
    StoredObject,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFLICT_TRIES = 5  # of a conditional write that S3 answers with 409: another is being written just now


class S3Store:
    """One bucket as an `ObjectStore`."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._s3 = client
        self.bucket = bucket

    def get(self, key: str) -> StoredObject:
        with self._errors("GetObject", key):
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
            return StoredObject(answer["Body"].read(), answer["ETag"])

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        with self._errors("GetObject", key):
            try:
                answer = self._s3.get_object(Bucket=self.bucket, Key=key, IfNoneMatch=etag)
            except ClientError as error:
                if status(error) == 304:
                    return None
                raise
            return StoredObject(answer["Body"].read(), answer["ETag"])

    def get_range(self, key: str, start: int, length: int) -> bytes:
        if length <= 0:
            return b""
        with self._errors("GetObject", key):
            try:
                answer = self._s3.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={start}-{start + length - 1}")
            except ClientError as error:
                if status(error) == 416:  # the object ends before `start`
                    return b""
                raise
            return answer["Body"].read()

    def head(self, key: str) -> Head:
        with self._errors("HeadObject", key):
            found = self._s3.head_object(Bucket=self.bucket, Key=key)
        restore = found.get("Restore", "")
        return Head(
            found["ContentLength"],
            found["ETag"],
            found.get("StorageClass", STANDARD),
            'ongoing-request="false"' in restore,
            'ongoing-request="true"' in restore,
        )

    def download(self, key: str, path: Path, etag: str = "") -> None:
        with self._errors("GetObject", key):
            more: dict[str, Any] = {"IfMatch": etag} if etag else {}
            try:
                answer = self._s3.get_object(Bucket=self.bucket, Key=key, **more)
            except ClientError as error:
                if status(error) == 412:
                    raise ObjectChanged(key) from error
                raise
            with path.open("wb") as file:
                for chunk in answer["Body"].iter_chunks(1 << 20):
                    file.write(chunk)

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        with self._errors("PutObject", key):
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def put_new(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        for attempt in range(1, CONFLICT_TRIES + 1):
            with self._errors("PutObject", key):
                try:
                    self._s3.put_object(
                        Bucket=self.bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*"
                    )
                    return
                except ClientError as error:
                    if status(error) != 409 or attempt == CONFLICT_TRIES:
                        raise
            time.sleep(0.02 * 2**attempt)

    def list(self, prefix: str, start_after: str = "") -> Iterator[Listed]:
        with self._errors("ListObjectsV2", prefix):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, StartAfter=start_after
            )
            for page in pages:
                for found in page.get("Contents", []):
                    yield Listed(found["Key"], found["Size"], found["ETag"])

    def delete(self, key: str) -> None:
        with self._errors("DeleteObject", key):
            self._s3.delete_object(Bucket=self.bucket, Key=key)

    def upload(self, path: Path, key: str, content_type: str) -> None:
        # `upload_file` would hide what AWS answered in an error of its own, which is none of botocore's.
        with self._errors("PutObject", key), path.open("rb") as file:
            self._s3.upload_fileobj(file, self.bucket, key, ExtraArgs={"ContentType": content_type})

    def change_class(self, key: str, storage_class: str) -> None:
        with self._errors("CopyObject", key):
            self._s3.copy_object(
                Bucket=self.bucket,
                Key=key,
                CopySource={"Bucket": self.bucket, "Key": key},
                StorageClass=cast(Any, storage_class),
                MetadataDirective="COPY",
            )

    def restore(self, key: str, tier: str, days: int) -> None:
        with self._errors("RestoreObject", key):
            try:
                self._s3.restore_object(
                    Bucket=self.bucket,
                    Key=key,
                    RestoreRequest={"Days": days, "GlacierJobParameters": {"Tier": cast(Any, tier)}},
                )
            except ClientError as error:
                if code(error) == "RestoreAlreadyInProgress":
                    return
                # 503: no capacity for this tier just now; 400 and 403: never at this tier, or not archived at all.
                if code(error) == "GlacierExpeditedRetrievalNotAvailable" or status(error) in (400, 403):
                    raise RestoreRefused(f"{key}: {code(error)}") from error
                raise

    def form(self, key: str, most: int, seconds: int, back_to: str = "") -> tuple[str, Mapping[str, str]]:
        then = {"success_action_redirect": back_to} if back_to else {"success_action_status": "201"}
        fields = {**then, "Content-Type": "application/octet-stream"}
        made = self._s3.generate_presigned_post(
            self.bucket,
            key,
            Fields=dict(fields),
            Conditions=[["content-length-range", 1, most], *({name: value} for name, value in fields.items())],
            ExpiresIn=seconds,
        )
        return made["url"], made["fields"]

    def link(self, key: str, file_name: str, seconds: int) -> str:
        plain = "".join(
            letter if (letter.isascii() and letter.isalnum()) or letter in "._- " else "_" for letter in file_name
        )
        return self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": key,
                # Never shown in the browser, whatever an uploaded text pretends to be.
                "ResponseContentDisposition": f'attachment; filename="{plain[-120:]}"',
                "ResponseContentType": "application/octet-stream",
            },
            ExpiresIn=seconds,
        )

    @contextlib.contextmanager
    def _errors(self, call: str, key: str) -> Iterator[None]:
        where = f"{call} s3://{self.bucket}/{key}"
        with unavailable(where):
            try:
                yield
            except ClientError as error:
                # A missing bucket is no missing key: nobody may take it for "there is no such object".
                if status(error) == 404 and code(error) != "NoSuchBucket":
                    raise ObjectMissing(where) from error
                if status(error) == 412:
                    raise ObjectExists(where) from error
                raise

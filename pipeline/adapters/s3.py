"""A bucket of S3 as an `ObjectStore`."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pipeline.adapters import presigned
from pipeline.adapters.errors import code, status, unavailable
from pipeline.ports import Listed, ObjectExists, ObjectMissing, StoredObject

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
                for one in page.get("Contents", []):
                    yield Listed(one["Key"], one["Size"], one["ETag"])

    def delete(self, key: str) -> None:
        with self._errors("DeleteObject", key):
            self._s3.delete_object(Bucket=self.bucket, Key=key)

    def form(self, key: str, most: int, seconds: int) -> tuple[str, Mapping[str, str]] | None:
        return presigned.form(self._s3, self.bucket, key, most, seconds)

    def link(self, key: str, file_name: str, seconds: int) -> str:
        return presigned.link(self._s3, self.bucket, key, file_name, seconds)

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

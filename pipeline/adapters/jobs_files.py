"""The jobs bucket in S3: files by path, storage classes, and forms and links for browsers."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipeline.adapters import presigned
from pipeline.adapters.aws import unavailable
from pipeline.jobs.ports import STANDARD, Head, InputChanged, RestoreRefused
from pipeline.ports import ObjectMissing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3JobFiles:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._s3 = client
        self._bucket = bucket

    def head(self, key: str) -> Head:
        with self._errors("HeadObject", key):
            found = self._s3.head_object(Bucket=self._bucket, Key=key)
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
                answer = self._s3.get_object(Bucket=self._bucket, Key=key, **more)
            except self._s3.exceptions.ClientError as error:
                if _status(error) == 412:
                    raise InputChanged(key) from error
                raise
            with path.open("wb") as file:
                for chunk in answer["Body"].iter_chunks(1 << 20):
                    file.write(chunk)

    def upload(self, path: Path, key: str, content_type: str) -> None:
        # `upload_file` would hide what AWS answered in an error of its own, which is none of botocore's.
        with self._errors("PutObject", key), path.open("rb") as file:
            self._s3.upload_fileobj(file, self._bucket, key, ExtraArgs={"ContentType": content_type})

    def change_class(self, key: str, storage_class: str) -> None:
        with self._errors("CopyObject", key):
            self._s3.copy_object(
                Bucket=self._bucket,
                Key=key,
                CopySource={"Bucket": self._bucket, "Key": key},
                StorageClass=cast(Any, storage_class),
                MetadataDirective="COPY",
            )

    def restore(self, key: str, tier: str, days: int) -> None:
        with self._errors("RestoreObject", key):
            try:
                self._s3.restore_object(
                    Bucket=self._bucket,
                    Key=key,
                    RestoreRequest={"Days": days, "GlacierJobParameters": {"Tier": cast(Any, tier)}},
                )
            except self._s3.exceptions.ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                if code == "RestoreAlreadyInProgress":
                    return
                # 503: no capacity for this tier just now; 400 and 403: never at this tier, or not archived at all.
                if code == "GlacierExpeditedRetrievalNotAvailable" or _status(error) in (400, 403):
                    raise RestoreRefused(f"{key}: {code}") from error
                raise

    def list(self, prefix: str) -> Iterator[str]:
        with self._errors("ListObjectsV2", prefix):
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                for one in page.get("Contents", []):
                    yield one["Key"]

    def delete(self, key: str) -> None:
        with self._errors("DeleteObject", key):
            self._s3.delete_object(Bucket=self._bucket, Key=key)

    def post_form(self, key: str, most: int, seconds: int, back_to: str = "") -> tuple[str, Mapping[str, str]]:
        return presigned.form(self._s3, self._bucket, key, most, seconds, back_to)

    def link(self, key: str, file_name: str, seconds: int) -> str:
        return presigned.link(self._s3, self._bucket, key, file_name, seconds)

    @contextlib.contextmanager
    def _errors(self, call: str, key: str) -> Iterator[None]:
        where = f"{call} s3://{self._bucket}/{key}"
        with unavailable(where):
            try:
                yield
            except self._s3.exceptions.ClientError as error:
                if _status(error) == 404 and error.response.get("Error", {}).get("Code") != "NoSuchBucket":
                    raise ObjectMissing(where) from error
                raise


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))

"""Every setting: how a process runs, never what the service decides."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from plateau.kernel.errors import InvalidInputError

_PREFIX = "PLATEAU_"
Uid = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)+$", max_length=64)]


def _in_window(seconds: int) -> int:
    if seconds and not 20 <= seconds <= 120:
        raise ValueError("0, or from 20 to 120")
    return seconds


Recall = Annotated[int, AfterValidator(_in_window)]


class Settings(BaseSettings):
    """Read once from `PLATEAU_*` variables."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore")

    data_dir: Path = Path("data")
    database_url: str | None = None  # none: the embedded PostgreSQL under data_dir
    blob_url: str | None = None  # none: a folder under data_dir; or s3://bucket/prefix
    cold_blob_url: str | None = None  # a second store: s3://bucket/prefix or file:///path; none: no
    cold_after_days: float = 180.0  # studies nobody looked at for so long move to the second store
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    dicom_host: str = "127.0.0.1"
    dicom_port: int = 11112
    ae_title: str = "PLATEAU"
    min_free_gb: float = 1.0  # with less room on the disk of the images, storing is refused
    sweep_mb_s: float = 5.0  # how fast stored images are read again to check them; 0: never
    dicom_tls_port: int = 2762  # PS3.15, B.1; open once there is a certificate
    dicom_tls_cert: Path | None = None  # PEM, with those between it and the root
    dicom_tls_key: Path | None = None
    dicom_tls_ca: Path | None = None  # with it, machines must show a certificate of this authority
    private_storage: dict[Uid, str] = {}  # makers' SOP classes that are stored too, and their names
    max_object_mb: int = 2048  # a larger DICOM object is refused, without being kept in memory
    mllp_host: str = "127.0.0.1"
    mllp_port: int = 2575
    mllp_timeout_s: float = 10.0
    metrics_port: int = 0  # of the processes without pages, in a row: dimse, mllp, worker; 0: none
    clock: str | None = None  # a demonstration's clock, see platform/clock.py
    quiet_time_s: float = 30.0  # a study nobody announced is complete after this silence
    lease_s: float = 600.0  # how long a reader keeps an exam without a heartbeat
    recall_s: Recall = 60  # how long its signer may take a report back, before it is final
    outbox_retry_s: float = 5.0  # first delay before a delivery is tried again
    public_url: str = ""  # where people open the pages: messages lead there; empty: no link
    smtp_url: str | None = None  # smtp://name:password@host:587 or smtps://…:465; none: no mail
    smtp_from: str = "plateau@localhost"
    sms_webhook_url: str | None = None  # gets each SMS as JSON, signed; none: no SMS
    sms_webhook_secret: str = ""
    notify_timeout_s: float = 10.0
    notify_retry_s: float = 5.0  # first delay before a mail or an SMS is tried again
    worker_concurrency: int = 4
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def listens(self) -> tuple[tuple[str, int], ...]:
        """Where pages, machines and messages come in."""
        return (
            (self.web_host, self.web_port),
            (self.dicom_host, self.dicom_port),
            *([(self.dicom_host, self.dicom_tls_port)] if self.dicom_tls_cert else []),
            (self.mllp_host, self.mllp_port),
        )


@cache
def settings() -> Settings:
    """The settings of this process; InvalidInputError names those that cannot be."""
    try:
        return Settings()
    except ValidationError as error:
        names = sorted({_PREFIX + str(one["loc"][0]).upper() for one in error.errors()})
        raise InvalidInputError(
            "these settings are malformed: {names}", names=", ".join(names)
        ) from error

"""What is looked at twice in the demonstration: drafts of a program, and second readings."""

from datetime import datetime
from pathlib import Path

from plateau.entry.demo import queries
from plateau.kernel.caller import Role
from plateau.kernel.time import local
from plateau.platform.db import Db
from plateau.reading.assistant.service import switching
from plateau.reading.assistant.types import Limit
from plateau.reading.second import service as second
from plateau.territory import service as territory

NAME, VERSION = "Esquisse simulée", "1.0"
_LIMIT = Limit(usual_permille=50, limit_permille=150, quiet_for=1000)
_BLIND_PERMILLE = 100
_AGAIN_PERCENT = 25.0


def begin(db: Db, folder: Path, *, at: datetime) -> None:
    """A program may propose drafts everywhere, and a quarter of the exams are read again."""
    with db.begin() as tx:
        administrator = queries.holder(tx, Role.ADMINISTRATOR)
        coordinator = queries.holder(tx, Role.COORDINATOR)
        model, token = switching.admit(
            tx, administrator, name=NAME, version=VERSION, maker="Maison inventée", now=at
        )
        for site_id in sorted(administrator.sites):
            for exam in territory.exam_types(tx):
                wish = switching.Wish(
                    model_id=model.model_id,
                    site_id=site_id,
                    exam_code=exam.exam_code,
                    since=local(at).date(),
                    blind_permille=_BLIND_PERMILLE,
                    limit=_LIMIT,
                )
                switching.switch_on(tx, administrator, wish, now=at)
            rule = second.Wish(
                site_id=site_id,
                percent=_AGAIN_PERCENT,
                reader_id=None,
                exam_code="",
                blind=True,
                within_hours=72,
            )
            second.add_rule(tx, coordinator, rule, now=at)
    path = folder / "drafter.token"
    path.touch(mode=0o600)
    path.write_text(token, "utf-8")

"""A night, its post office and one receiver, for what happens to a report after it was given."""

from dataclasses import dataclass, replace
from pathlib import Path

from fastapi.testclient import TestClient

from exchange.post import WALL, owe
from make import World, a_caller
from plateau.activity import service as activity
from plateau.entry import http
from plateau.exchange import hl7v2, outbox, service
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import DestinationId, VersionId
from plateau.platform import clock
from plateau.platform.runtime import Runtime
from plateau.reading import service as reading
from plateau.reading import signature
from plateau.reading.retraction import service as retraction
from plateau.reading.second import drawing
from plateau.reading.types import Retraction
from plateau.web import pages as web_pages
from reading.night import PASSWORD, SOON, TEXT, Night, signed, signing

REASON = "Dicté sur le mauvais examen."
AGAIN = replace(TEXT, result="Pas d'hématome.", conclusion="Examen normal.")

RECALLS = "select ended_at from reading.loop where kind = 'recall'"
COUNTED = "select quantity from activity.entry where kind = 'reading' order by entry_id"


@dataclass(frozen=True, slots=True)
class Scene:
    """A night, its post office, and where its one receiver keeps what it was sent."""

    post: Runtime
    night: Night
    inbox: Path
    destination_id: DestinationId

    @property
    def world(self) -> World:
        return self.night.world

    @property
    def requester(self) -> Caller:
        return a_caller(self.world.requester_id, self.world.site_id, role=Role.REQUESTER)

    def sign(self) -> VersionId:
        version_id = signed(self.post.db, self.post.blobs, self.night)
        self.owe(version_id)
        return version_id

    def owe(self, *versions: VersionId) -> None:
        with self.post.db.begin() as tx:
            owe(tx, *versions)
            for version_id in versions:
                activity.count(tx, version_id=version_id, now=SOON)
                drawing.draw(tx, version_id, now=SOON)

    def send(self) -> None:
        while outbox.send_due(self.post, wall=clock.wall(), now=SOON):
            pass

    def retract(self, reason: str = REASON, password: str = PASSWORD) -> VersionId:
        asked = Retraction(exam_id=self.night.exam_id, reason=reason, password=password)
        with self.post.db.begin() as tx:
            made = retraction.retract(
                tx, self.post.blobs, self.night.reader, asked, now=SOON
            )  # fmt: skip
        self.owe(made)
        return made

    def read(self, version_id: VersionId) -> None:
        with self.post.db.begin() as tx:
            service.acknowledge(tx, self.requester, version_id=version_id, now=SOON)

    def read_again(self, revision: int = 0) -> VersionId:
        exam_id, reader, db = self.night.exam_id, self.night.reader, self.post.db
        with db.begin() as tx:
            reading.take(tx, reader, exam_id=exam_id, now=SOON, wall=WALL)
            made = signature.sign(
                tx, self.post.blobs, reader, signing(exam_id, AGAIN, revision), now=SOON, wall=WALL
            )
        self.owe(made)
        return made

    def values(self, sql: str) -> list[object]:
        with self.post.db.begin() as tx:
            return tx.values(sql)  # pyright: ignore[reportArgumentType]

    def filed(self) -> list[tuple[str, set[str]]]:
        """Of each message received: OBR-25, and the standings of its texts (OBX-11)."""
        found: list[tuple[str, set[str]]] = []
        for path in sorted(self.inbox.glob("*.hl7"), key=lambda path: path.stat().st_mtime_ns):
            parsed = hl7v2.parse(path.read_bytes())
            texts = {str(one[11]) for one in parsed.segments("OBX") if str(one[2]) == "FT"}
            found.append((hl7v2.value(parsed, "OBR", 25), texts))
        return found


def coordinator(scene: Scene) -> Caller:
    return a_caller(scene.world.requester_id, scene.world.site_id, role=Role.COORDINATOR)


def browser(scene: Scene, caller: Caller) -> TestClient:
    app = http.build(scene.post, lambda _request: caller)
    app.dependency_overrides[web_pages.now] = lambda: SOON
    return TestClient(app, follow_redirects=False)

"""One exam from its request to its count, through the services and the doors of one process."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fastapi.testclient import TestClient
from pydicom.dataset import Dataset

import loops
import make
import make_after
from exchange.post import Receiver, a_receiver
from make import World
from outside import dose, exams, link, objects, phantom, steps
from outside.exams import Machine
from plateau.access import service as access
from plateau.entry import http, subscribers
from plateau.exchange import outbox
from plateau.images import scp as images
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import ExamId, RequestId
from plateau.platform import clock, jobs
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub
from plateau.platform.runtime import Runtime
from plateau.platform.settings import Settings
from plateau.reading import service as reading
from plateau.reading import signature
from plateau.reading.types import Save, Sections, Signing
from plateau.requests import scp as requests_scp
from plateau.requests import service as requests
from plateau.requests.types import Decision, DecisionKind

PASSWORD = "mot de passe d'essai"
SUBSCRIBERS = subscribers.SUBSCRIBERS  # what has to be imported for its jobs to exist
SLICES = 2  # and the dose report: three objects
TEXT = Sections(
    indication="Chute de sa hauteur.",
    technique="Acquisition hélicoïdale sans injection.",
    result="Hématome sous-dural aigu frontal.",
    conclusion="Hématome sous-dural aigu.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the chain runs: one site, its CT, its RIS, its people, on a real database."""

    runtime: Runtime
    url: str
    world: World
    machine: Machine
    inbox: Path
    requester: Caller
    reader: Caller
    manager: Caller

    @property
    def db(self) -> Db:
        return self.runtime.db

    def hear(self) -> None:
        """The worker runs every job that waits, those that they lead to included."""
        while self.waiting_jobs():
            loops.run(_run_jobs(self.url))

    def waiting_jobs(self) -> int:
        with self.db.begin() as tx:
            return tx.value("select count(*) from procrastinate_jobs where status = 'todo'")

    def hear_everything_again(self) -> None:
        """As after a worker that died just before it could say that its jobs were done."""
        with self.db.begin() as tx:
            tx.run(
                """
                insert into procrastinate_jobs (queue_name, task_name, args)
                select queue_name, task_name, args from procrastinate_jobs order by id
                """
            )
        self.hear()
        with self.db.begin() as tx:
            assert (
                tx.value("select count(*) from procrastinate_jobs where status <> 'succeeded'") == 0
            )

    def deliver(self) -> list[str]:
        """The outbox sends until nothing is due; how each attempt ended."""
        outcomes: list[str] = []
        while outcome := outbox.send_due(self.runtime, wall=clock.wall(), now=clock.now()):
            outcomes.append(outcome)
        return outcomes

    def page(self, caller: Caller, path: str) -> str:
        """What somebody reads there."""
        app = http.build(self.runtime, lambda _: caller)
        answer = TestClient(app).get(path, headers={"Accept-Language": "fr"})
        assert answer.status_code == 200
        return answer.text


async def _run_jobs(url: str) -> None:
    async with jobs.bind(url).open_async() as app:
        await app.run_worker_async(wait=False, install_signal_handlers=False)


@contextmanager
def a_place(db: Db, blobs: Blobs, url: str, tmp_path: Path) -> Generator[Place]:
    """Everything is there: nobody has asked for anything yet."""
    with a_receiver(tmp_path / "inbox") as ris:
        place = _place(Runtime(db, blobs, Settings(dicom_port=0)), url, tmp_path / "inbox", ris)
        hub = Hub(db, blobs)
        server = images.dimse_server(place.runtime.settings, hub, requests_scp.handlers(hub))
        machine = replace(place.machine, port=int(server.server_address[1]))
        try:
            yield replace(place, machine=machine)
        finally:
            server.shutdown()


def _place(runtime: Runtime, url: str, inbox: Path, ris: Receiver) -> Place:
    with runtime.db.begin() as tx:
        world = make.a_world(tx)
        make_after.a_destination(tx, world.site_id, ris.port)
        tx.run(
            """
            insert into territory.delay_target (urgency, minutes, source, valid_from)
            values ('U0', 30, 'invented', '2020-01-01')
            """
        )
        access.set_password(tx, person_id=world.reader_id, password=PASSWORD)
        manager_id = make.a_person(tx, "direction", "Mme Direction")
        make.a_role(tx, manager_id, Role.MANAGER, world.site_id)
    return Place(
        runtime=runtime,
        url=url,
        world=world,
        machine=Machine(
            ae_title="CT_TEST", modality="CT", host="127.0.0.1", port=0, called="PLATEAU"
        ),
        inbox=inbox,
        requester=make.a_caller(world.requester_id, world.site_id, role=Role.REQUESTER),
        reader=make.a_caller(world.reader_id, world.site_id),
        manager=make.a_caller(manager_id, world.site_id, role=Role.MANAGER),
    )


def ask(place: Place) -> RequestId:
    """The emergency doctor sends the form."""
    with place.db.begin() as tx:
        return requests.submit(
            tx,
            draft=make.a_draft(place.world),
            caller=place.requester,
            key="form-1",
            now=clock.now(),
        )


def accept(place: Place, request_id: RequestId) -> ExamId:
    """The reader on duty accepts, with a protocol."""
    decision = Decision(kind=DecisionKind.ACCEPT, protocol="Sans injection")
    with place.db.begin() as tx:
        exam_id = requests.decide(
            tx, request_id=request_id, decision=decision, caller=place.reader, now=clock.now()
        )
    assert exam_id
    return exam_id


def to_scan(place: Place) -> list[Dataset]:
    """What the CT finds on its worklist."""
    with link.associate(place.machine) as line:
        link.echo(line)
        return link.worklist(line, place.machine)


def scan(place: Place, item: Dataset) -> None:
    """The CT opens a step, sends its images and its dose report, and closes the step."""
    exam = exams.begin(place.machine, item, seed=1, slices=SLICES, now=clock.now(), speed=100_000)
    series = phantom.draw(exams.part_of(exam), exam.seed, exam.slices)
    report = dose.instance(exam)
    assert report
    with link.associate(place.machine) as line:
        link.create_step(line, steps.opening(exam), exam.step_uid)
        for one in objects.instances(exam, series):
            link.store(line, objects.image(exam, series[one.series], one))
        link.store(line, dose.report(exam, series, report))
        link.set_step(line, steps.closing(exam, series), exam.step_uid)


def read(place: Place) -> ExamId:
    """The reader takes the next exam, reports it, and signs."""
    now, wall = clock.now(), clock.wall()
    with place.db.begin() as tx:
        exam_id = reading.take_next(tx, place.reader, now=now, wall=wall)
    assert exam_id
    save = Save(exam_id=exam_id, sections=TEXT, revision=0)
    with place.db.begin() as tx:
        kept = reading.save_draft(tx, place.reader, save, now=now, wall=wall)
    signing = Signing(save=replace(save, revision=kept.revision), password=PASSWORD)
    with place.db.begin() as tx:
        blobs, now, wall = place.runtime.blobs, clock.now(), clock.wall()
        signature.sign(tx, blobs, place.reader, signing, now=now, wall=wall)
    return exam_id

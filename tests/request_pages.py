"""The pages of requests, as tests enter and fill them."""

from dataclasses import asdict, replace
from uuid import uuid4

from fastapi.testclient import TestClient

import make
from make import NIGHT, World
from plateau.entry import http
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import ExamId, RequestId
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings
from plateau.requests import service
from plateau.requests.types import Decision, DecisionKind
from plateau.web import pages as web_pages


class Door:
    """The real application, entered as one person after another, at `NIGHT`."""

    def __init__(self, db: Db, blobs: Blobs, world: World) -> None:
        self.world = world
        self.caller: Caller | None = None
        app = http.build(runtime.Runtime(db, blobs, Settings()), lambda _request: self.caller)
        app.dependency_overrides[web_pages.now] = lambda: NIGHT
        self.client = TestClient(app, follow_redirects=False)

    def enter(self, role: Role, language: str = "en") -> TestClient:
        reads = role is Role.READER
        person_id = self.world.reader_id if reads else self.world.requester_id
        caller = make.a_caller(person_id, self.world.site_id, role=role)
        self.caller = replace(caller, language=language)
        return self.client


def form(world: World, **changed: str) -> dict[str, str]:
    fields = {name: str(value) for name, value in asdict(make.a_draft(world)).items()}
    return {**fields, "informed": "yes", "key": str(uuid4()), "csrf": "c", **changed}


def a_request(db: Db, world: World, urgency: str = "U0") -> RequestId:
    caller = make.a_caller(world.requester_id, world.site_id, role=Role.REQUESTER)
    draft = replace(make.a_draft(world), urgency=urgency)
    with db.begin() as tx:
        return service.submit(tx, draft=draft, caller=caller, key=str(uuid4()), now=NIGHT)


def accept(db: Db, world: World, request_id: RequestId) -> ExamId:
    decision = Decision(kind=DecisionKind.ACCEPT, protocol="Sans injection")
    reader = make.a_caller(world.reader_id, world.site_id)
    with db.begin() as tx:
        exam_id = service.decide(
            tx, request_id=request_id, decision=decision, caller=reader, now=NIGHT
        )
    assert exam_id is not None
    return exam_id


def state(db: Db, request_id: RequestId) -> str:
    with db.begin() as tx:
        return tx.value(
            "select state from requests.request where request_id = %(id)s", id=request_id
        )


def actions(db: Db) -> list[str]:
    with db.begin() as tx:
        return tx.values("select action from access.audit order by audit_id")

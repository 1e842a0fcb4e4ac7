"""A territory of one site, and the door to its pages."""

import pytest

import make
from make import World
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from request_pages import Door


@pytest.fixture
def world(db: Db) -> World:
    with db.begin() as tx:
        make.an_exam_type(tx, "TDM-AP")
        return make.a_world(tx)


@pytest.fixture
def door(db: Db, blobs: Blobs, world: World) -> Door:
    return Door(db, blobs, world)

"""Commands of the image hub."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from plateau.images import keeper
from plateau.images.anonymise import service as anonymising
from plateau.images.importing import queries, work
from plateau.images.importing import service as importing
from plateau.images.importing.types import BROKEN, Progress
from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.kernel.ids import SiteId
from plateau.platform import clock, runtime
from plateau.platform.db import Tx
from plateau.territory import service as territory

app = typer.Typer(no_args_is_help=True, help="The image hub.")
_SHOWN = 1000


@app.callback()
def _images() -> None:
    """Read in what was stored elsewhere."""


@app.command()
def anonymise(
    study_uid: Annotated[str, typer.Argument(help="The Study Instance UID.")],
    project: Annotated[str, typer.Option(help="Pseudonyms are the same within a project.")],
    out: Annotated[Path, typer.Option(help="The ZIP archive to write.")],
) -> None:
    """Write a copy of a study that says nothing of its patient."""
    with runtime.db().begin() as tx:
        wanted = anonymising.export_by_command(tx, study_uid, project=project, now=clock.now())
    with out.open("xb") as file:
        for step in anonymising.steps(runtime.blobs(), wanted):
            file.write(step())
    typer.echo(str(out))


@app.command(name="import")
def read_in(
    path: Annotated[Path, typer.Argument(exists=True, help="A folder, a CD or a ZIP archive.")],
    site: Annotated[str, typer.Option(help="The code of the site it is read in for.")] = "",
    issuer: Annotated[
        str, typer.Option(help="Whose identifiers its patients have; none: the site's own.")
    ] = "",
) -> None:
    """Keep the DICOM files of a folder; the same command again goes on where it was stopped."""
    with runtime.db().begin() as tx:
        site_id = _site(tx, site)
        one = importing.begin_folder(tx, path, site_id=site_id, issuer=issuer, now=clock.now())
    work.run(runtime.db(), runtime.blobs(), keeper.in_use(), one)
    _tell(one.import_id, site_id)


def _site(tx: Tx, code: str) -> SiteId:
    """The site of that code, or the only one there is."""
    known = territory.sites(tx)
    found = [one for one in known if one.code == code or not code]
    if len(found) > 1:
        raise InvalidInputError("say for which site this is: --site")
    if not found:
        raise NotFoundError("there is no such site")
    return found[0].site_id


def _tell(import_id: UUID, site_id: SiteId) -> None:
    with runtime.db().begin() as tx:
        (found,) = queries.progress(tx, sites={site_id}, import_id=import_id)
        refused = queries.refused(tx, import_id, limit=_SHOWN)
    for one in refused:
        typer.echo(f"{one.name}: {one.reason}", err=True)
    typer.echo(_counts(found))
    if found.state == BROKEN:
        typer.echo(found.problem or "", err=True)
        raise typer.Exit(2)


def _counts(found: Progress) -> str:
    return (
        f"read {found.read}, stored {found.stored}, known already {found.known}, "
        f"waiting for their patient {found.held}, refused {found.refused}, "
        f"not DICOM {found.other}"
    )

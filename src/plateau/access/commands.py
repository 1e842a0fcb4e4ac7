"""Commands of access."""

import sys
from typing import Annotated
from uuid import uuid4

import typer

from plateau.access import service
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import PersonId
from plateau.platform import runtime

app = typer.Typer(help="Accounts and passwords.", no_args_is_help=True)


@app.command()
def account(
    login: Annotated[str, typer.Argument(help="What they type to sign in.")],
    name: Annotated[str, typer.Option(help="As others read it, e.g. 'Dr Ada EXEMPLE'.")],
) -> None:
    """Open an account, or rename it; its roles come from the territory file."""
    with runtime.db().begin() as tx:
        try:
            person_id = service.person_by_login(tx, login=login)
        except NotFoundError:
            person_id = PersonId(uuid4())
        service.ensure_account(tx, person_id=person_id, login=login, name=name)
    typer.echo(str(person_id))


@app.command()
def password(
    login: Annotated[str, typer.Argument(help="Whose password.")],
    stdin: Annotated[bool, typer.Option(help="Read it from standard input.")] = False,
) -> None:
    """Set a password; it is asked for, never given on the command line."""
    if stdin:
        secret = sys.stdin.readline().rstrip("\n")
    else:
        secret = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    with runtime.db().begin() as tx:
        person_id = service.person_by_login(tx, login=login)
        service.set_password(tx, person_id=person_id, password=secret)

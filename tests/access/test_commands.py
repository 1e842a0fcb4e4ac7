from typer.testing import CliRunner

from plateau.access import commands, service
from plateau.platform.db import Db

PASSWORD = "a long enough secret"


def test_an_account_is_opened_renamed_and_given_a_password(db: Db) -> None:
    run = CliRunner().invoke
    opened = run(commands.app, ["account", "Ada", "--name", "Dr Ada Exemple"])
    renamed = run(commands.app, ["account", "ada", "--name", "Pr Ada Exemple"])
    assert opened.exit_code == renamed.exit_code == 0
    assert opened.output == renamed.output
    assert run(commands.app, ["password", "ada", "--stdin"], input=f"{PASSWORD}\n").exit_code == 0
    with db.begin() as tx:
        person_id = service.person_by_login(tx, login="ada")
        assert service.name_of(tx, person_id) == "Pr Ada Exemple"
        service.verify_password(tx, person_id=person_id, password=PASSWORD)


def test_a_password_is_typed_twice(db: Db) -> None:
    run = CliRunner().invoke
    run(commands.app, ["account", "ada", "--name", "Dr Ada Exemple"])
    typed = run(commands.app, ["password", "ada"], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert typed.exit_code == 0
    assert PASSWORD not in typed.output


def test_a_password_for_nobody_is_refused(db: Db) -> None:
    refused = CliRunner().invoke(commands.app, ["password", "nobody", "--stdin"], input="x\n")
    assert str(refused.exception) == "no account is called nobody"

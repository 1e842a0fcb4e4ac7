"""What people do at the pages without a browser, to set the scene of a test quickly."""

import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

import httpx

from outside.forms import Form, forms
from outside.people import Person
from plateau.entry.demo import stage
from plateau.entry.demo.show import Show

Found = TypeVar("Found")

# The nine items of a request, as a doctor writes them at 02:00.
ASKED = {
    "birth_on": "1948-03-02",
    "sex": "M",
    "callback_phone": "05 59 00 00 15",
    "urgency": "U0",
    "exam_code": "TDM-CRANE",
    "context": "Chute de sa hauteur sous anticoagulant, Glasgow 14, vomissements.",
    "aim": "Hémorragie intracrânienne ?",
    "region": "Crâne et encéphale",
    "risks": "Apixaban, dernière prise à 20:00",
    "pregnancy": "not_applicable",
    "allergy": "no",
    "renal": "normal",
    "implant": "no",
    "earlier": "Aucun examen antérieur connu ; créatinine 84 µmol/L",
    "technique": "Scanner cérébral sans injection",
    "wished_delay": "Immédiat : le blessé est au déchocage",
    "informed": "yes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that was sent: who it is about, where its page is."""

    surname: str
    path: str
    request_id: UUID


@dataclass(slots=True, kw_only=True)
class Scene:
    """Quick hands at a running pool."""

    pool: Show
    _people: dict[str, Person] = field(default_factory=dict)
    _number: int = 0

    def person(self, login: str) -> Person:
        """Somebody signed in, without a browser."""
        if login not in self._people:
            self._people[login] = Person(
                login=login,
                client=httpx.Client(
                    base_url=self.pool.base,
                    follow_redirects=True,
                    timeout=30,
                    headers={"Origin": self.pool.base, "Accept-Language": "fr"},
                ),
                stop=threading.Event(),
                dice=random.Random(login),
            )
        return self._people[login]

    def ask(self, surname: str, *, by: str = "urgences.stpalais", **answers: str) -> Asked:
        """A request is sent for a patient of that name."""
        self._number += 1
        person = self.person(by)
        form = the_form(person, "/requests/new", lambda one: one.action == "/requests")
        traits = {
            "local_id": f"TEST-{by.rpartition('.')[2].upper()}-{self._number:04d}",
            "surname": surname,
            "first_name": "Cyprien",
        }
        answer = person.send(form, **{**ASKED, **traits, **answers})
        answer.raise_for_status()
        path = answer.url.path
        return Asked(surname=surname, path=path, request_id=UUID(path.rpartition("/")[2]))

    def accept(self, asked: Asked, *, by: str = "lecteur1") -> None:
        """The reader on duty accepts, with the protocol the inbox proposes."""
        person = self.person(by)
        form = the_form(
            person, "/requests/inbox", lambda one: one.action == f"{asked.path}/decision"
        )
        person.send(form, kind="accept").raise_for_status()

    def complete(self, asked: Asked) -> str:
        """The exam of a request, once all its images are here."""
        return self.wait_for(lambda: self.exam_of(asked), "the images are complete")

    def image(self, surname: str, *, by: str = "urgences.stpalais", **answers: str) -> str:
        """An exam asked for, accepted, made by the machine and waiting to be read."""
        asked = self.ask(surname, by=by, **answers)
        self.accept(asked)
        return self.complete(asked)

    def sign(self, exam: str, *, by: str = "lecteur1", conclusion: str = "Rien d'anormal.") -> None:
        """A reader takes the exam, writes a report and signs it."""
        self.take(exam, by=by)
        person = self.person(by)
        form = the_form(person, f"/read/{exam}", lambda one: one.action == f"/read/{exam}/sign")
        answer = person.send(
            form,
            result="Examen simulé.",
            conclusion=conclusion,
            password=stage.PASSWORD,
            despite_warnings="true",
        )
        answer.raise_for_status()

    def release(self, exam: str, *, by: str = "lecteur1") -> None:
        """The reader gives the exam back to the list."""
        person = self.person(by)
        path = f"/worklist/{exam}/release"
        person.send(the_form(person, f"/read/{exam}", lambda one: one.action == path))

    def take(self, exam: str, *, by: str = "lecteur1") -> None:
        """A reader takes the exam and keeps it."""
        person = self.person(by)
        taking = the_form(
            person, "/worklist", lambda one: one.action == "/worklist" and one.method == "post"
        )
        person.send(taking, f"/worklist/{exam}/take").raise_for_status()

    def sign_all(self, *, by: str = "lecteur1") -> None:
        """Whatever other tests left to a reader is read and signed."""
        while exam := self.next_of(self.person(by)):
            self.sign(exam, by=by)

    @staticmethod
    def next_of(person: Person) -> str | None:
        """The exam that a reader is given next."""
        form = the_form(person, "/worklist", lambda one: one.action == "/worklist/next")
        opened = person.send(form).url.path
        return opened.removeprefix("/read/") if opened.startswith("/read/") else None

    @staticmethod
    def id_of(url: str) -> UUID:
        """The request that a page of it is about."""
        found = re.search(r"/requests/([0-9a-f-]{36})", url)
        assert found, url
        return UUID(found.group(1))

    def is_up(self) -> bool:
        """Whether the pages answer."""
        try:
            return httpx.get(f"{self.pool.base}/healthz", timeout=2).is_success
        except httpx.TransportError:
            return False

    def exam_of(self, asked: Asked) -> str | None:
        """The exam of a request when all its images are here and it waits to be read, else None."""
        with self.pool.db.begin() as tx:
            found = tx.values(
                "select exam_id from requests.exam join reading.task using (exam_id)"
                " where request_id = %(id)s and requests.exam.state = 'complete'",
                id=asked.request_id,
            )
        return str(found[0]) if found else None

    @staticmethod
    def wait_for(look: Callable[[], Found | None], what: str, *, seconds: float = 30) -> Found:
        """What `look` finds, as soon as it finds something."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds:.0f} s: {what}")


def the_form(person: Person, path: str, is_it: Callable[[Form], bool]) -> Form:
    """The one form of a page that is meant."""
    page = person.get(path)
    found = [form for form in forms(page.text) if is_it(form)]
    assert found, f"no such form on {page.url.path} ({page.status_code})"
    return found[0]

"""The people of a night as a separate process: they know Plateau only through its pages.

`python -m outside.people --base http://127.0.0.1:8080 --plan plan.json --reader LOGIN --speed 60`
"""

import argparse
import json
import random
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import structlog

from outside import desk, together
from outside.forms import Form, forms

log = structlog.get_logger()
_PASSWORD = "plateau-demo"  # noqa: S105 - of the demonstration
_LONGEST_WAIT_S = 5.0
_LOOK_S = 1.0
_ANSWER_S = 2.0  # between two looks at what is asked of a requester
_CRITICAL_EVERY = 10  # reports
_AGAIN_EVERY = 4  # reports, then one is read again
_READING_S = (180, 480)  # of life: how long an exam is read
_DECISION = re.compile(r"^/requests/[0-9a-f-]{36}/decision$")
_TAKE = re.compile(r"^/worklist/([0-9a-f-]{36})/take$")
_READ = re.compile(r"^/read/([0-9a-f-]{36})$")
_SIGN = re.compile(r"^/read/[0-9a-f-]{36}/sign$")
_TEXT = {
    "result": "Compte rendu simulé : pas d'anomalie décelée sur ces images fabriquées.",
    "conclusion": "Compte rendu simulé, sans valeur médicale.",
}
Result = TypeVar("Result")


class AwayError(Exception):
    """The pages cannot be had now: try again."""


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody at a browser."""

    login: str
    client: httpx.Client
    stop: threading.Event
    dice: random.Random
    left: set[str] = field(default_factory=set)
    reports: int = 0

    def get(self, path: str) -> httpx.Response:
        """A page, signing in first when the session has ended."""
        answer = self._ask("GET", path)
        if "/login" in str(answer.url):
            self._sign_in()
            answer = self._ask("GET", path)
        return answer

    def send(self, form: Form, action: str = "", **filled: str) -> httpx.Response:
        """Fill a form in and send it, to where one of its buttons goes if that is named."""
        return self._ask(form.method.upper(), action or form.action, {**form.fields, **filled})

    def _ask(self, method: str, path: str, data: dict[str, str] | None = None) -> httpx.Response:
        try:
            answer = self.client.request(method, path, data=data)
        except httpx.TransportError as error:
            raise AwayError(type(error).__name__) from error
        if answer.status_code >= 500:
            raise AwayError(str(answer.status_code))
        return answer

    def _sign_in(self) -> None:
        (form,) = (one for one in forms(self._ask("GET", "/login").text) if one.action == "/login")
        answer = self.send(form, login=self.login, password=_PASSWORD)
        if answer.status_code != 200:
            raise AwayError("not signed in")
        log.info("person.signed_in", login=self.login)


def persist(person: Person, act: Callable[[], Result]) -> Result | None:
    """Do it, again and again while the pages are away; None when told to stop."""
    wait_s = 0.2
    while not person.stop.is_set():
        try:
            return act()
        except AwayError as error:
            log.info("page.away", login=person.login, reason=str(error))
            person.stop.wait(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
    return None


def ask_for_exams(person: Person, visits: list[dict[str, Any]], speed: float) -> None:
    """A requester: sends each request at its moment of the night, and answers readers."""
    start = time.monotonic()
    for visit in visits:
        while (left_s := visit["at_s"] / speed - (time.monotonic() - start)) > 0:
            persist(person, lambda: desk.answer(person))
            if person.stop.wait(min(left_s, _ANSWER_S)):
                return
        persist(person, lambda visit=visit: _request(person, visit))
    while not person.stop.wait(_ANSWER_S):
        persist(person, lambda: desk.answer(person))


def _request(person: Person, visit: dict[str, Any]) -> None:
    """Fill the form once; the same form is sent until an answer comes, and makes one request."""
    found = [one for one in forms(person.get("/requests/new").text) if one.action == "/requests"]
    (form,) = found
    answer = persist(person, lambda: person.send(form, **_answers(visit)))
    if answer is not None and (answer.status_code != 200 or answer.url.path == "/requests"):
        raise SystemExit(f"a request was not taken: {answer.status_code} {answer.url.path}")
    log.info("request.sent", login=person.login, urgency=visit["urgency"])


def _answers(visit: dict[str, Any]) -> dict[str, str]:
    """The nine items of the form."""
    return {
        "local_id": visit["local_id"],
        "surname": visit["surname"],
        "first_name": visit["first_name"],
        "birth_on": visit["birth_on"],
        "sex": visit["sex"],
        "callback_phone": "05 00 00 00 00",
        "urgency": visit["urgency"],
        "exam_code": visit["exam_code"],
        **visit["case"],
        "risks": "Aucun connu",
        "pregnancy": "not_applicable" if visit["sex"] == "M" else "no",
        "allergy": "no",
        "renal": "normal",
        "implant": "no",
        "earlier": "Aucun examen antérieur connu ; biologie en cours",
        "wished_delay": "Dans le délai de l'urgence demandée",
        "informed": "yes",
    }


def read_exams(person: Person, speed: float, leave: int) -> None:
    """A reader on duty: justifies what waits, then reads what is complete, all night."""
    while not person.stop.is_set():
        decided = persist(person, lambda: _justify(person))
        read = persist(person, lambda: _read_one(person, speed, leave))
        if not decided and not read:
            persist(person, lambda: desk.read_again(person, _PASSWORD))
            person.stop.wait(_LOOK_S)


def _justify(person: Person) -> bool:
    """Accept the requests that wait, with the protocol that the page proposes, or decide else."""
    page = person.get("/requests/inbox").text
    rows = desk.rows(page)
    accepted = False
    for form in forms(page):
        if not (_DECISION.match(form.action) and "protocol" in form.fields):
            continue
        request = form.action.split("/")[2]
        if not desk.decided(person, request, rows.get(request, "")):
            person.send(form, kind="accept")  # refused when the other was first: no matter
            accepted = True
    return accepted


def _read_one(person: Person, speed: float, leave: int) -> bool:
    """Take an exam, look at it, report it; False when there is none to take."""
    page = person.get("/worklist").text
    overlooked = desk.overlooked(page)
    for form, action, exam in _to_take(page):
        if leave and int(exam[:8], 16) % leave == 0:
            continue
        if exam in overlooked and not desk.is_called(person, exam):
            continue
        if _READ.match(person.send(form, action).url.path):
            _report(person, exam, speed)
            return True
    return False


def _to_take(page: str) -> list[tuple[Form, str, str]]:
    """The exams that a worklist offers: the form, where its button goes, the exam."""
    return [
        (form, button.action, found.group(1))
        for form in forms(page)
        for button in form.buttons
        if (found := _TAKE.match(button.action))
    ]


def _report(person: Person, exam: str, speed: float) -> None:
    """Read for a while, then sign; an answer lost on the way is asked for again."""
    page = person.get(f"/read/{exam}")
    _look(person, page.text)
    person.stop.wait(person.dice.uniform(*_READING_S) / speed)
    thrown = person.dice.random()
    kept = persist(person, lambda: desk.consider(person, exam, thrown)) or ""
    _follow(person, exam)
    persist(person, lambda: _sign(person, exam, kept))
    person.reports += 1
    if person.reports % _AGAIN_EVERY == 0:
        persist(person, lambda: desk.read_again(person, _PASSWORD))


def _follow(person: Person, exam: str) -> None:
    """Now and then something has to be heard at once, or looked at again in some months."""
    if person.reports % _CRITICAL_EVERY == 2:
        persist(person, lambda: desk.tell(person, exam))
    elif person.reports % _CRITICAL_EVERY == 5:
        persist(person, lambda: desk.advise(person, exam))


def _sign(person: Person, exam: str, kept: str) -> None:
    page = person.get(f"/read/{exam}")
    signing = [form for form in forms(page.text) if _SIGN.match(form.action)]
    if not signing:
        return  # signed already: the answer was lost, not the signature
    text = {} if kept == "accept" else _TEXT
    if kept == "take":
        text = {"conclusion": f"{signing[0].fields['conclusion']} Relu."}
    answer = person.send(signing[0], **text, password=_PASSWORD, despite_warnings="true")
    log.info("report.sent", login=person.login, status=answer.status_code)
    following = _READ.match(answer.url.path)
    if following and following.group(1) != exam:
        _release(person, following.group(1), answer.text)


def _release(person: Person, exam: str, page: str) -> None:
    """Give back the exam that signing opened: this person chooses from the list."""
    wanted = f"/worklist/{exam}/release"
    for form in forms(page):
        if form.action == wanted:
            person.send(form)


def _look(person: Person, page: str) -> None:
    """Open the images as the viewer does: the series, their metadata, one frame."""
    study = re.search(r"StudyInstanceUIDs=([0-9.]+)", page)
    if not study:
        return
    base = f"/dicom-web/studies/{study.group(1)}"
    for series in person.get(f"{base}/series").json():
        uid = series["0020000E"]["Value"][0]
        metadata = person.get(f"{base}/series/{uid}/metadata").json()
        images = [one for one in metadata if "00280010" in one]
        if images:
            middle = images[len(images) // 2]["00080018"]["Value"][0]
            person.get(f"{base}/series/{uid}/instances/{middle}/frames/1")


def people(
    base: str, plan: list[dict[str, Any]], readers: Sequence[str], stop: threading.Event
) -> dict[str, Person]:
    """A browser for each person of the plan, and for the readers."""
    sites = sorted({visit["site"] for visit in plan})
    logins = [*(f"urgences.{site.lower()}" for site in sites), *readers]
    return {
        login: Person(
            login=login,
            client=httpx.Client(
                base_url=base,
                follow_redirects=True,
                timeout=30,
                headers={"Origin": base, "Accept-Language": "fr"},
            ),
            stop=stop,
            dice=random.Random(login),  # noqa: S311 - how long they read
        )
        for login in logins
    }


def main(arguments: list[str]) -> int:
    """Play everybody until told to stop."""
    parser = argparse.ArgumentParser(prog="outside.people", description=__doc__)
    parser.add_argument("--base", required=True)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--reader", action="append", required=True, help="login of one on duty")
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--leave", type=int, default=0, help="leave one exam in so many")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    plan = json.loads(options.plan.read_text("utf-8"))
    everybody = people(options.base, plan, options.reader, stop)
    with ThreadPoolExecutor(len(everybody)) as pool:
        acts = [
            pool.submit(read_exams, person, options.speed, options.leave)
            if login in options.reader
            else pool.submit(ask_for_exams, person, _of(plan, login), options.speed)
            for login, person in everybody.items()
        ]
        failed = together.until_over(acts)
        if failed:
            stop.set()
    for act in failed:
        act.result()
    return 0


def _of(plan: list[dict[str, Any]], login: str) -> list[dict[str, Any]]:
    return [visit for visit in plan if login == f"urgences.{visit['site'].lower()}"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

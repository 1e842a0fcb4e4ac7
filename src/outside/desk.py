"""What readers and requesters do beside accepting and signing: refuse, ask, answer, read again."""

import re
import uuid
from typing import Protocol

import httpx

from outside.forms import Form, forms, links

UNJUSTIFIED = "aucun symptôme"  # in what is asked without a reason
_OVERLOOKED = "OUBLIE"  # whom nobody reads before the next ring is called
_NEXT_RING = "personne de plus proche ne le lit"
_ACCEPTED, _KEPT = 0.6, 0.85  # of the drafts that a program proposes
_UNCLEAR_IN = 8  # one request in so many is asked about
_QUESTION = "Question simulée : depuis quand, et quelle clairance ?"
_ANSWER = "Réponse simulée : depuis ce soir ; clairance normale."
_REFUSAL = "Refus simulé : le résultat ne changerait pas la prise en charge."
_DUE_ON = "2027-02-23"  # three months after the night that is played
_ROW = re.compile(r'<tr id="r-([0-9a-f-]{36})".*?</tr>', re.DOTALL)
_LISTED = re.compile(r'<tr id="exam-([0-9a-f-]{36})".*?</tr>', re.DOTALL)
_TOLD = re.compile(r'<tr id="notification-.*?</tr>', re.DOTALL)
_AGAIN = re.compile(r"^/reviews/([0-9a-f-]{36})$")


class Browser(Protocol):
    """Somebody at a browser."""

    left: set[str]

    def get(self, path: str) -> httpx.Response:
        """A page."""
        ...

    def send(self, form: Form, action: str = "", **filled: str) -> httpx.Response:
        """Fill a form in and send it."""
        ...


def is_unclear(request: str) -> bool:
    """Whether readers ask about a request before they decide; the same for everybody."""
    return uuid.UUID(request).int % _UNCLEAR_IN == 0


def decided(person: Browser, request: str, row: str) -> bool:
    """Refuse what has no reason, ask about what is unclear; False: it is to be accepted."""
    if UNJUSTIFIED in row:
        _decide(person, request, "refuse", _REFUSAL)
        return True
    if not is_unclear(request):
        return False
    page = person.get(f"/requests/{request}").text
    if _ANSWER in page:
        return False
    if _QUESTION not in page:
        _decide(person, request, "ask", _QUESTION)
    return True


def rows(page: str) -> dict[str, str]:
    """The rows of a list of requests."""
    return {found.group(1): found.group(0) for found in _ROW.finditer(page)}


def _decide(person: Browser, request: str, kind: str, text: str) -> None:
    """Refused by the other side when another reader was first: no matter."""
    wanted = f"/requests/{request}/decision"
    for form in forms(person.get(f"/requests/{request}").text):
        if form.action == wanted and form.fields.get("kind") == kind:
            person.send(form, text=text)


def answer(person: Browser) -> None:
    """A requester answers what is asked about their requests."""
    for request in rows(person.get("/requests").text):
        if request in person.left or not is_unclear(request):
            continue
        wanted = f"/requests/{request}/answer"
        for form in forms(person.get(f"/requests/{request}").text):
            if form.action == wanted:
                person.send(form, text=_ANSWER)
                person.left.add(request)


def overlooked(page: str) -> set[str]:
    """The exams of a worklist that nobody notices."""
    rows = ((found.group(1), found.group(0)) for found in _LISTED.finditer(page))
    return {exam for exam, row in rows if _OVERLOOKED in row}


def is_called(person: Browser, exam: str) -> bool:
    """Whether this person is the next ring that an exam called; the call is answered."""
    link = f"/exams/{exam}#escalation"
    told = _TOLD.findall(person.get("/notifications").text)
    if not any(link in row and _NEXT_RING in row for row in told):
        return False
    for form in forms(person.get(f"/reading/{exam}/escalation").text):
        if form.action == f"/reading/{exam}/escalation/answer":
            person.send(form)
    return True


def consider(person: Browser, exam: str, thrown: float) -> str:
    """Accept, take or reject the draft that a program proposes; empty: nothing of it is kept."""
    action = f"/read/{exam}/assistant"
    shown = [one for one in forms(person.get(action).text) if one.action == action]
    if not shown:
        return ""
    if thrown < _KEPT:
        may_accept = any(one.value == "accept" for one in shown[0].buttons)
        decision = "accept" if may_accept and thrown < _ACCEPTED else "take"
        person.send(shown[0], decision=decision)
        return decision
    person.send(shown[-1], reason="wording", found="normal")
    return ""


def read_again(person: Browser, password: str) -> bool:
    """Read again, blindly, what the other reader signed; False when nothing waits."""
    waiting = [one for one in forms(person.get("/reviews").text) if one.action == "/reviews/next"]
    if not waiting:
        return False
    page = person.send(waiting[0])
    found = _AGAIN.match(page.url.path)
    if not found:
        return False
    path = f"/reviews/{found.group(1)}"
    for form in forms(page.text):
        if form.action == f"{path}/text":
            said = "Relecture simulée."
            page = person.send(form, result=said, conclusion=said, password=password)
    for form in forms(page.text):
        if form.action == f"{path}/score":
            person.send(form, score="0", comment="")
    return True


def tell(person: Browser, exam: str) -> None:
    """Say a critical result: whoever asked is called, and reads it back."""
    action = f"/read/{exam}/critical"
    page = person.get(action)
    known = [one for one in links(page.text) if one.startswith("/critical/")]
    if known:
        page = person.get(known[0])  # the answer was lost, not what was said
    for form in forms(page.text):
        if form.action == action:
            finding = "Résultat critique simulé, à dire tout de suite."
            page = person.send(form, finding=finding, category="minutes")
    for form in forms(page.text):
        if form.action == f"{page.url.path}/call":
            said = {"called": "Urgentiste de garde simulé", "read_back": "Relu : résultat simulé."}
            person.send(form, **said, reached="true")


def advise(person: Browser, exam: str) -> None:
    """Recommend something for what was found by chance."""
    action = f"/read/{exam}/followups"
    page = person.get(action).text
    if any(one.startswith("/followup/") for one in links(page)):
        return
    for form in forms(page):
        if form.action == action:
            found = {"finding": "Nodule simulé de 5 mm.", "recommendation": "Scanner à trois mois."}
            person.send(form, **found, due_on=_DUE_ON)

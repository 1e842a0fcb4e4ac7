"""What a person finds on a page: its forms, with what they already hold."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(frozen=True, slots=True)
class Button:
    """A button that sends a form; its own action goes before the form's."""

    name: str
    value: str
    action: str


@dataclass(slots=True)
class Form:
    """One form: where it goes, what it holds, the buttons that send it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects forms; nested markup does not matter to what a browser would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._named: dict[str, Form] = {}
        self._form: Form | None = None
        self._text: str | None = None
        self._select: str | None = None
        self._chosen = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open(held)
        elif tag == "a" and "href" in held:
            self.links.append(held["href"])
        form = self._named.get(held.get("form", "")) or self._form
        if form is not None:
            self._control(form, tag, held)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._text = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._text is not None:
            self._form.fields[self._text] += data

    def _open(self, held: dict[str, str]) -> None:
        self._form = Form(held.get("action", ""), held.get("method", "get").lower())
        self.forms.append(self._form)
        if "id" in held:
            self._named[held["id"]] = self._form

    def _control(self, form: Form, tag: str, held: dict[str, str]) -> None:
        name = held.get("name", "")
        if tag == "button" and held.get("type", "submit") == "submit":
            action = held.get("formaction", form.action)
            form.buttons.append(Button(name, held.get("value", ""), action))
        elif tag == "option":
            self._option(form, held)
        elif not name:
            return
        elif tag == "textarea":
            form.fields[name], self._text = "", name
        elif tag == "select":
            form.fields[name], self._select, self._chosen = "", name, False
        elif tag == "input":
            self._input(form, name, held)

    def _option(self, form: Form, held: dict[str, str]) -> None:
        """A browser sends the option marked as selected, else the first."""
        if self._select and ("selected" in held or not self._chosen):
            form.fields[self._select], self._chosen = held.get("value", ""), True

    def _input(self, form: Form, name: str, held: dict[str, str]) -> None:
        kind = held.get("type", "text")
        if kind in {"radio", "checkbox"} and "checked" not in held:
            return
        if kind != "submit":
            form.fields[name] = held.get("value", "on" if kind == "checkbox" else "")


def forms(html: str) -> list[Form]:
    """The forms of a page, in order."""
    return _read(html).forms


def links(html: str) -> list[str]:
    """Where the links of a page go, in order."""
    return _read(html).links


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    return reader

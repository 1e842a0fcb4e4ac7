from collections.abc import Iterator

import pytest
from jinja2 import UndefinedError

from plateau.web.language import speaking
from plateau.web.templating import environment


@pytest.fixture(autouse=True)
def french() -> Iterator[None]:
    with speaking("fr"):
        yield


def test_whatever_people_type_is_shown_as_text() -> None:
    typed = environment().from_string('<p title="{{ text }}">{{ text }}</p>')

    page = typed.render(text="<script>\"x\" & 'y'</script>")

    assert "<script>" not in page
    assert page.count("&lt;script&gt;&#34;x&#34; &amp; &#39;y&#39;") == 2


def test_a_value_inside_a_translated_text_is_escaped_too() -> None:
    text = environment().from_string("{% trans name=name %}Hello {{ name }}{% endtrans %}")

    assert text.render(name="<b>") == "Hello &lt;b&gt;"


def test_a_name_that_nobody_gave_is_a_bug_never_an_empty_word() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nobody }}").render()

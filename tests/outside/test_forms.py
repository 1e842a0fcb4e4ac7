from outside.forms import Button, Form, forms, links

PAGE = """
<form action="/send" method="post" id="f"><input type="hidden" name="csrf" value="t&amp;1">
<input name="surname" value="FICTION"><input type="radio" name="sex" value="F">
<input type="radio" name="sex" value="M" checked><input type="checkbox" name="informed">
<select name="exam"><option value="">…</option><option value="A" selected>a</option>
<option value="B">b</option></select><textarea name="text">one
two</textarea><button name="kind" value="accept">ok</button></form>
<button form="f" formaction="/other">other</button>
<input name="late" value="1" form="f"><a href="/read/1">open</a>
"""


def test_a_form_holds_what_a_browser_would_send() -> None:
    assert forms(PAGE) == [
        Form(
            action="/send",
            method="post",
            fields={
                "csrf": "t&1",
                "surname": "FICTION",
                "sex": "M",
                "exam": "A",
                "text": "one\ntwo",
                "late": "1",
            },
            buttons=[Button("kind", "accept", "/send"), Button("", "", "/other")],
        )
    ]


def test_links_are_found() -> None:
    assert links(PAGE) == ["/read/1"]

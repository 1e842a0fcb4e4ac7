"""The template environment: folders, filters and the language of a page."""

from functools import cache
from importlib.resources import files

import jinja2

_FEATURES = (
    "web",
    "access",
    "territory",
    "patients",
    "images",
    "planning",
    "requests",
    "reading",
    "exchange",
    "activity",
)


@cache
def environment() -> jinja2.Environment:
    """Every feature's templates, under the feature's name."""
    return jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        loader=jinja2.PrefixLoader(
            {name: jinja2.FileSystemLoader(_folder(name)) for name in _FEATURES}
        ),
    )


def _folder(feature: str) -> str:
    return str(files(f"plateau.{feature}").joinpath("templates"))

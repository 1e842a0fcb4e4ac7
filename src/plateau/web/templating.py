"""The template environment: folders, filters, texts."""

from functools import cache
from importlib.resources import files
from typing import Any, cast

import jinja2

from plateau.web import language
from plateau.web.assets import asset, icon
from plateau.web.formats import FILTERS
from plateau.web.navigation import navigation, standing_at

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
    made = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        loader=jinja2.PrefixLoader(
            {name: jinja2.FileSystemLoader(_folder(name)) for name in _FEATURES}
        ),
    )
    made.policies["ext.i18n.trimmed"] = True
    install = getattr(made, "install_gettext_callables")  # noqa: B009 - added by the extension
    install(language.gettext, language.ngettext, newstyle=True)
    cast("dict[str, Any]", made.filters).update(FILTERS)
    shared = cast("dict[str, Any]", made.globals)
    shared.update(asset=asset, icon=icon, language=language.current)
    shared.update(navigation=navigation, standing_at=standing_at)
    return made


def _folder(feature: str) -> str:
    return str(files(f"plateau.{feature}").joinpath("templates"))

"""What every page of ours is made with: a template whose texts are escaped, charts as JSON, and no request to anywhere.

Texts go through jinja2's autoescape, specifications through JSON without ``<``, ``>`` and ``&``. Beyond that
a page forbids itself, by a content security policy, every request and every script but its own two.
"""

import base64
import hashlib
import importlib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from synthgym.errors import LogError, MissingExtraError

_INTERVAL = re.compile(r"\[[^\[\] ]{1,12}, [^\[\] ]{1,12}\]")
_BOOT = """
for (const node of document.querySelectorAll('.chart')) {
  const spec = JSON.parse(node.querySelector('script').textContent);
  vegaEmbed(node, spec, {actions: false, renderer: 'svg', tooltip: {theme: 'synthgym'}}).catch(error => {
    node.classList.add('failed');
    node.textContent = 'This chart could not be drawn: ' + error.message;
  });
}
"""


def save(text: str, out: Path) -> Path:
    """Put a page at `out`, whole or not at all, and return `out`.

    Raises:
        LogError: if the file cannot be written.
    """
    temporary = out.with_name(f".{out.name}.tmp")
    try:
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))
        temporary.replace(out)
    except OSError as error:
        raise LogError(f"cannot write the report {out}: {error}") from error
    finally:  # of a write that failed or was interrupted nothing stays
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return out


def rendered(package: str, given: Mapping[str, Any], *, draws: bool, styles: Iterable[str] = ()) -> str:
    """The page that ``template.html`` of `package` makes of what is given.

    Args:
        given: what the template calls by name.
        draws: whether it has charts, and so needs the library that draws them.
        styles: style sheets of `package`, after the common one.

    Raises:
        MissingExtraError: if altair, vl-convert or jinja2 is not installed.
    """
    jinja2 = extra("jinja2")
    extra("altair")
    bundle = _bundle() if draws else ""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    safe = extra("markupsafe").Markup
    environment.filters["unbroken"] = _unbroken
    environment.filters["json"] = lambda spec: safe(as_json(spec))
    here = files(package)
    sheets = [files("synthgym.report").joinpath("style.css"), *(here.joinpath(name) for name in styles)]
    template = environment.from_string(here.joinpath("template.html").read_text(encoding="utf-8"))
    text: str = template.render(
        policy=_policy((bundle, _BOOT) if draws else ()),
        style=safe("".join(sheet.read_text(encoding="utf-8") for sheet in sheets)),
        bundle=safe(bundle),
        boot=safe(_BOOT),
        draws=draws,
        version=_version(),
        **given,
    )
    return text


def as_json(value: object) -> str:
    """`value` as JSON that can stand inside a ``<script>`` element: nothing in it can end one, or open a comment."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def extra(module: str) -> ModuleType:
    """A module of the extra "report".

    Raises:
        MissingExtraError: if it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(module, "report") from error


def _unbroken(text: str) -> str:
    """`text` whose intervals are not broken at a line's end."""
    return _INTERVAL.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def _policy(scripts: Iterable[str]) -> str:
    """A content security policy under which only `scripts` run, and nothing is ever requested.

    Vega compiles its expressions, which are those of the specifications written here, by `Function`.
    """
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in scripts
    ]
    allowed = f"script-src {' '.join(hashes)} 'unsafe-eval'; " if hashes else ""
    return f"default-src 'none'; {allowed}style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; about 0.9 MB."""
    script: str = extra("vl_convert").javascript_bundle()
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _version() -> str:
    from synthgym import __version__

    return __version__

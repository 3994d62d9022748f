"""How the site is made of these pages: `python -m sphinx -nW --keep-going docs build/site`.

Here: the theme, and what the links of plain Markdown mean in the site. Not here: any text. The
pages are written for readers of plain Markdown too, so they hold no directives.
"""

import re
from importlib import metadata

from pygments.lexers.sql import PostgresLexer
from sphinx.highlighting import lexers


LISTED = re.compile(r"^(?:-|\d+\.) .*?\]\(([^).#:\s][^)#:\s]*)\.md\)", re.MULTILINE)
OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)+((?:benchmarks|examples)/[^)#\s]*)(?:#[^)]*)?\)")

project = "govledger"
release = metadata.version("govledger")
author = "The govledger authors"
project_copyright = author
html_title = "govledger"

extensions = ["myst_parser"]
myst_heading_anchors = 4

pygments_style = "friendly"
pygments_dark_style = "monokai"
highlight_language = "none"

html_theme = "furo"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}


lexers["sql"] = PostgresLexer()  # knows what stands between $$


def setup(app):
    """Let the doors (`index.md`, `README.md`) be the contents, as their lists stand."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True}


def _read(app, name, source):
    text = OUTSIDE.sub(r"\1 (`\2` in the repository)", source[0])
    if name.endswith(("index", "README")):
        pages = "\n".join(dict.fromkeys(LISTED.findall(text)))  # those of its own folder
        text += f"\n```{{toctree}}\n:hidden:\n\n{pages}\n```\n"
    source[0] = text

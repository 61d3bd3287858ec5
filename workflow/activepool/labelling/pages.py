"""The templates of pages that open offline; each page is one file that contains its style.

They extend `page.html`, and add to the style of `page.css`.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template


def page_template(name: str) -> Template:
    """Return a template of this room, by its path; it escapes all values."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = "{:,}".format
    return environment.get_template(name)

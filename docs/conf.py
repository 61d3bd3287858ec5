"""How Sphinx makes a site of these pages; `make docs` writes it to `site/`."""

project = "activepool"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["__pycache__"]
default_role = "code"  # docstrings have names in single backticks

myst_heading_anchors = 4

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_use_ivar = True

html_theme = "furo"
html_title = "activepool"
html_show_copyright = False

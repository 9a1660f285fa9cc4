"""One module a page, each with one function ``show``.

The folder is not called pages, since Streamlit runs the files of a folder of that name by itself.

Belongs here: what a page asks of the warehouse and in which order it shows it. Does not belong here: what every page
has (``frame``), charts (``charts``), words (``words.yml``).
"""

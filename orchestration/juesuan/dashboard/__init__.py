"""The web pages: look instead of query. Chinese first, with an English switch; read-only.

Belongs here: what a person sees of the published file, and how a page is put together. Does not belong here: what a
figure means (the marts say it), reading documents (``final_accounts``), drawing their pages (``explaining``), running
the SQL of strangers (``bounded_query``).

``app`` is what Streamlit runs; ``serve`` starts Streamlit. A page is a module of ``views`` with one function ``show``.
The words of the pages are data: ``words.yml``.
"""

"""Renderers: a report as drawn in, the bytes of files of one format out.

Belongs here: one module for each family of formats. Does not belong here: what is drawn, and what is true about it.
"""

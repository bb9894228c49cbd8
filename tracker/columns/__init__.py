"""Columns: plain functions of Arrow arrays, wired by name."""

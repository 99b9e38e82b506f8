"""Structures of the head, one family a file, each drawn on a canvas in mm relative to Sella."""

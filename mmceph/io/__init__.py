"""Common ground of everything that reads or writes files."""

from .atomic import sha256_of, write_bytes_atomic, write_json_atomic, write_text_atomic
from .listing import is_of_the_system, leads_out, links_out, list_files, name_key, one_form

__all__ = [
    "is_of_the_system",
    "leads_out",
    "links_out",
    "list_files",
    "name_key",
    "one_form",
    "sha256_of",
    "write_bytes_atomic",
    "write_json_atomic",
    "write_text_atomic",
]

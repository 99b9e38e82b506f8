"""Common ground of everything that reads or writes files."""

from .atomic import (
    json_bytes,
    named_in_errors,
    sha256_of,
    write_bytes_atomic,
    write_files_atomic,
    write_json_atomic,
    write_text_atomic,
)
from .listing import is_of_the_system, leads_out, links_out, list_files, name_key, one_form
from .lock import FolderLockedError, folder_lock
from .ours import OwnershipError, OwnFolder, Standing, remove_drafts
from .own_file import json_with, require_own_file, text_with, write_own_file
from .tables import csv_text, plain_cell

__all__ = [
    "FolderLockedError",
    "OwnFolder",
    "OwnershipError",
    "Standing",
    "csv_text",
    "folder_lock",
    "is_of_the_system",
    "json_bytes",
    "json_with",
    "leads_out",
    "links_out",
    "list_files",
    "name_key",
    "named_in_errors",
    "one_form",
    "plain_cell",
    "remove_drafts",
    "require_own_file",
    "sha256_of",
    "text_with",
    "write_bytes_atomic",
    "write_files_atomic",
    "write_json_atomic",
    "write_own_file",
    "write_text_atomic",
]

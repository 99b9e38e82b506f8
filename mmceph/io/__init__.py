"""Common ground of everything that reads or writes files."""

from .atomic import sha256_of, write_bytes_atomic, write_json_atomic, write_text_atomic

__all__ = ["sha256_of", "write_bytes_atomic", "write_json_atomic", "write_text_atomic"]

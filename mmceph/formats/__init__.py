"""The forms of the files that mmceph writes and reads again."""

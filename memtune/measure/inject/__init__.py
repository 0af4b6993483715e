"""Files that are put on the PYTHONPATH of foreign Python processes; never imported here."""

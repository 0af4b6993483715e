"""Reads what the kernel and memray know of a run; decides nothing about it."""

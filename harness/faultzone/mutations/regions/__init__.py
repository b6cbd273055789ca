"""The wrong regions, a table for each chapter of the manual or part of one."""

"""Which readers belong to which mailing list, and who has left one."""

"""Long runs that kill, stop and race the program."""

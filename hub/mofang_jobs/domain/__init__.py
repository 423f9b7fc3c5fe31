"""Rules of jobs. Pure: nothing here waits or asks anybody."""

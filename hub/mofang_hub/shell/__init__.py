"""Cloud Shell: a terminal in a running container of one's own job."""

"""What the job is: settings, script or command, interpreter."""

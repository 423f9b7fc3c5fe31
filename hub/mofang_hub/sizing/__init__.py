"""What servers use, and which size that suggests for the next start."""

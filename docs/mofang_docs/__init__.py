"""What the site takes from the code: one function per generated section."""

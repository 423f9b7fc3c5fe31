"""When jobs are admitted, and how their gangs are bound."""

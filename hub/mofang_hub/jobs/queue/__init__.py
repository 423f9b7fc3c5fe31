"""Which waiting jobs are let in, and when: whole gangs, by priority and age."""

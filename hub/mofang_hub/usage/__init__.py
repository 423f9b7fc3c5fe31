"""The usage ledger: what each pod reserved, where, for whom, from when to when."""

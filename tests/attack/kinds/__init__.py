"""The kinds of attacks, a module each; ``attack.registry`` lists them."""

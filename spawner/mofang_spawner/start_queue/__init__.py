"""The queue in which starts wait until their project's quota holds them."""

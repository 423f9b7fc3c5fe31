"""What the chart tells the hub and the training service, and what follows from it."""

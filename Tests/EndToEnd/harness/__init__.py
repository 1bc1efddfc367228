"""What the end-to-end tests stand on: real daemons, fixture services, models, and stock stubs of the original's wire."""

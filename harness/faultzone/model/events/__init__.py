"""System events: what users see of them, maintenance, recovery, live migration, notifications."""

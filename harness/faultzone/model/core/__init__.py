"""What lies below the actions: state, transitions, placement, the machine of system events. It imports no chapter."""

"""What else a region has: zones, types, images, disks, networks, security groups."""

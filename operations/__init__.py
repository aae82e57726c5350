"""What runs beside journeys: notifying, explaining, purging, exporting and erasing."""

"""What happens in which order, written once for every client and transport."""

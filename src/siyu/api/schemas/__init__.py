"""What goes over the wire, one module per resource. Field names are those of the contracts."""

"""Pages of one's own work: tasks, notices, approvals."""

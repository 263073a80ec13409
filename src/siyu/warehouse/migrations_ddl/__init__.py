"""The warehouse's own tables, one numbered file per step; `services.schema` applies them in order."""

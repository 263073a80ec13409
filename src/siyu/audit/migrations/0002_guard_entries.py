"""The triggers that make the log append-only in the database itself, for both stores."""

from django.db import migrations

REFUSAL = "the audit log is append-only"


def create_statements(vendor):
    """What the migration runs. Rows are refused to change or go, and on PostgreSQL the table to be emptied."""
    if vendor == "postgresql":
        return [
            "CREATE OR REPLACE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
            "CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE ON audit_entry "
            "FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()",
            "CREATE TRIGGER audit_entry_not_emptied BEFORE TRUNCATE ON audit_entry "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()",
        ]
    return [
        f"CREATE TRIGGER audit_entry_no_{verb.lower()} BEFORE {verb} ON audit_entry "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def drop_statements(vendor):
    """The way back, for undoing the migration and for emptying a database of tests."""
    if vendor == "postgresql":
        return [
            "DROP TRIGGER IF EXISTS audit_entry_kept ON audit_entry",
            "DROP TRIGGER IF EXISTS audit_entry_not_emptied ON audit_entry",
            "DROP FUNCTION IF EXISTS audit_entry_refuse()",
        ]
    return [f"DROP TRIGGER IF EXISTS audit_entry_no_{verb}" for verb in ("update", "delete")]


def put_up(apps, schema_editor):
    for statement in create_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement)


def take_down(apps, schema_editor):
    for statement in drop_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_create_entries'),
    ]

    operations = [
        migrations.RunPython(put_up, take_down),
    ]

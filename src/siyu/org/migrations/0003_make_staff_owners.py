"""Whoever signed in before there were roles could do everything, and still can: they become owners."""

from django.db import migrations
from django.utils import timezone


def make_owners(apps, schema_editor):
    Staff, Node = apps.get_model("org", "Staff"), apps.get_model("org", "Node")
    Role, Membership = apps.get_model("org", "Role"), apps.get_model("org", "Membership")
    if not Staff.objects.exists():
        return
    company = Node.objects.create(kind="company", code="company", path="new company", created_at=timezone.now())
    company.path = f"{company.pk}."
    company.save()
    owner = Role.objects.create(key="owner", is_system=True, reach="all")
    for staff in Staff.objects.all():
        Membership.objects.create(staff=staff, node=company, role=owner)


class Migration(migrations.Migration):
    dependencies = [("org", "0002_add_organisation")]
    operations = [migrations.RunPython(make_owners, migrations.RunPython.noop)]

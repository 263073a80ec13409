"""What the audit log keeps of `ingest`."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.audit.registries import action, kind

IMPORT, MAPPING = "import", "mapping"
STARTED = "import.started"
CANCELLED = "import.cancelled"
RESUMED = "import.resumed"
REJECTED_EXPORTED = "import.rejected_exported"
MAPPING_SAVED = "mapping.saved"
MAPPING_DELETED = "mapping.deleted"


def register() -> None:
    kind(IMPORT, _("Import"))
    kind(MAPPING, _("Mapping"))
    action(STARTED, _("Import started"))
    action(CANCELLED, _("Import cancelled"))
    action(RESUMED, _("Import resumed"))
    action(REJECTED_EXPORTED, _("Rejected rows downloaded"))
    action(MAPPING_SAVED, _("Mapping saved"))
    action(MAPPING_DELETED, _("Mapping deleted"))

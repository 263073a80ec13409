from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OrgConfig(AppConfig):
    name = "siyu.org"
    label = "org"

    def ready(self) -> None:
        from siyu.eventlog.contracts import Pump
        from siyu.eventlog.registries import JOB_ENDS, PUMPS
        from siyu.org import actions, events, jobs, kinds, permissions, sealing, seeds, subscribers
        from siyu.org.jobs import mails, reminders
        from siyu.org.services import approvals

        actions.register()
        events.register()
        permissions.register()
        kinds.register()
        sealing.register()
        jobs.register()
        JOB_ENDS.add("org.notices", subscribers.job_ended)
        PUMPS.add(mails.PUMP, Pump(mails.PUMP, mails.send_once, idle_seconds=15.0))
        PUMPS.add(reminders.PUMP, Pump(reminders.PUMP, reminders.remind_once, idle_seconds=15.0))
        PUMPS.add("org.approvals", Pump("org.approvals", approvals.perform_approved, idle_seconds=5.0))
        post_migrate.connect(seeds.plant, sender=self, dispatch_uid="siyu.org.seeds")

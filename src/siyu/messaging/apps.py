from django.apps import AppConfig
from django.utils.translation import gettext_noop as _


class MessagingConfig(AppConfig):
    name = "siyu.messaging"
    label = "messaging"

    def ready(self) -> None:
        from siyu.eventlog.contracts import Pump
        from siyu.eventlog.registries import JOBS, PUMPS, SUBSCRIBERS, TRACES, JobKind
        from siyu.ingest.received import SMS_RECEIPT
        from siyu.ingest.registries import INBOX_KINDS, InboxKind
        from siyu.messaging import actions, events, jobs, kinds, permissions, subscribers, tracing
        from siyu.messaging.contracts import LAUNCH_APPROVAL, PLAN_FINISHED
        from siyu.messaging.registries import PROVIDERS
        from siyu.messaging.services import approving
        from siyu.org.contracts.approvals import ApprovalKind
        from siyu.org.contracts.notices import NoticeKind
        from siyu.org.registries import APPROVALS, NOTICES

        actions.register()
        events.register()
        permissions.register()
        PROVIDERS.add(kinds.ALIYUN.name, kinds.ALIYUN)
        JOBS.add(jobs.launch.KIND, JobKind(jobs.launch.KIND, _("Launch a recall plan"), jobs.launch.launch_plan))
        PUMPS.add("messaging.send", Pump("messaging.send", jobs.sending.send_once, idle_seconds=2.0))
        PUMPS.add("messaging.ask", Pump("messaging.ask", jobs.asking.ask_once, idle_seconds=5.0))
        SUBSCRIBERS.add(subscribers.CLICKS.name, subscribers.CLICKS)
        INBOX_KINDS.add(SMS_RECEIPT, InboxKind(SMS_RECEIPT, subscribers.take_receipts))
        finished = _("A plan of mine is finished"), _("Finished: %(title)s")
        NOTICES.add(PLAN_FINISHED, NoticeKind(PLAN_FINISHED, *finished, icon="send", url_name="plan"))
        launch = ApprovalKind(
            LAUNCH_APPROVAL, _("Launch of a recall plan"), "plan", approving.pinned_version,
            approving.launch_approved,
        )  # fmt: skip
        APPROVALS.add(launch.key, launch)
        TRACES.add("messaging", tracing.plans_and_messages)

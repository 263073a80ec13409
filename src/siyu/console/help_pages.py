"""What the help panel says on the console's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from siyu.insights.registries import MEASURES
from siyu.ui.contracts import HelpPage
from siyu.ui.registries import HELP

GLOSSARY = (_("Glossary"), "docs/glossary.md")
IMPORTS = (_("Import orders"), "docs/imports.md")
LEAVES = (_("All conditions of audiences"), "docs/catalogue/leaves.md")
MEASURES_PAGE = (_("All measures with their formulas"), "docs/catalogue/measures.md")
CALENDAR_PAGE = (_("Business calendar"), "docs/calendar.md")
TASKS = (_("Tasks, notifications and approvals"), "docs/tasks-and-approvals.md")
STATUS = (_("Status and doctor"), "docs/operating/status-and-doctor.md")


def register() -> None:
    for url_name, page in PAGES.items():
        HELP.add(url_name, page)


def _measures(*keys: str) -> Callable[[], list[tuple[str, str]]]:
    """Words and formulas of the registry, in the reader's language when asked."""

    def spoken() -> list[tuple[str, str]]:
        found = [MEASURES.get(key) for key in keys]
        return [(gettext(one.label), f"{gettext(one.formula)}. {gettext(one.definition)}") for one in found]

    return spoken


RECENCY = (_("R, recency"), _("Whole days from the last paid order to the snapshot day. 5 is the most recent fifth."))
FREQUENCY = (_("F, frequency"), _("Distinct paid orders in the window. 5 is the fifth with most orders."))
MONETARY = (_("M, monetary"), _("Net sales in the window. 5 is the fifth with the highest."))
HOLDOUT = (
    _("Held out"),
    _("A random part of the audience that gets nothing. The plan's effect is the difference to it."),
)

_CUSTOMERS = HelpPage(
    about=_("Everybody the brand knows, one row per person after merges. Filters count over all of them at once."),
    steps=(
        _("Add filters until the list holds whom you mean, and save them as a tab."),
        _("Choose columns at the head of the table; the choice is kept for you."),
        _("Turn the filters into an audience that follows its customers from then on."),
    ),
    definitions=_measures("net_sales", "orders"),
    links=(GLOSSARY, IMPORTS),
)
_RFM = HelpPage(
    about=_("Customers by how lately, how often and how much they buy, on any day of the past."),
    steps=(
        _("Choose a cell or segment to see who is in it."),
        _("Save it as an audience, then recall those who have gone quiet."),
    ),
    definitions=(RECENCY, FREQUENCY, MONETARY),
    links=(GLOSSARY, MEASURES_PAGE),
)
_AUDIENCE = HelpPage(
    about=_("A rule over orders, RFM and profiles. Each condition shows how many customers it holds for alone."),
    steps=(
        _("Add conditions; groups join them by all, any or none."),
        _("Save it: membership follows orders and clicks within seconds."),
        _("Recall them with a plan."),
    ),
    definitions=(
        (_("All of these hold"), _("Customers for whom every condition of the group is true.")),
        (_("At least one holds"), _("Customers for whom one or more conditions of the group are true.")),
        (_("None of these holds"), _("Customers for whom no condition of the group is true.")),
    ),
    links=(LEAVES, GLOSSARY),
)
_PLAN = HelpPage(
    about=_("A message to an audience, with a random part held out, so that its effect can be measured."),
    steps=(
        _("Choose an audience, a text and a link, and how many to hold out."),
        _("Look at the forecast: who is left out and why, and what it costs."),
        _("Launch it; the result stands when the result window has passed."),
    ),
    definitions=(HOLDOUT, (_("Result window"), _("The days after launch in which orders count, in both parts alike."))),
    links=(GLOSSARY, MEASURES_PAGE),
)
_IMPORT = HelpPage(
    about=_("Order files of shops, row by row. The same rows twice change nothing."),
    steps=(
        _("Export orders from the shop as CSV or Excel."),
        _("Check which column means what; a saved layout is recognised by itself."),
        _("Download the rows that could not be read, correct them and import that file."),
    ),
    links=(IMPORTS, GLOSSARY),
)
_JOBS = HelpPage(
    about=_("Work in the background: imports, audiences, exports. It goes on when this page is closed."),
    links=(STATUS,),
)

_WORK = HelpPage(
    about=_("What you have been given to do, what you gave others, and what is late at your places."),
    steps=(
        _("Open a task, do it, and write what came of it."),
        _("Give a task to people, or one to each of many places for whoever has a role there."),
        _("See in “How we stand” where tasks are late."),
    ),
    definitions=((_("Overdue"), _("Still to do although the time it was due has passed.")),),
    links=(TASKS, GLOSSARY),
)
_APPROVALS = HelpPage(
    about=_("What is wide or costly waits here for a second person. Nobody decides on what they asked for themselves."),
    steps=(
        _("Read what it would do and why it is asked for."),
        _("Approve or decline; what is approved starts by itself, once."),
    ),
    definitions=(
        (_("Void"), _("The plan or its audience was changed after the request, so that nothing was done.")),
        (_("Expired"), _("Nobody decided within three days.")),
    ),
    links=(TASKS,),
)
_CALENDAR = HelpPage(
    about=_("Public holidays, lunar dates, the brand's own days and opening hours. Places follow the one above them."),
    steps=(
        _("Set the hours once for the company, and again only where a place differs."),
        _("Mark days on which places open, close or run a campaign."),
    ),
    definitions=(
        (_("worked"), _("A weekend day that is worked in exchange for a day off beside a holiday.")),
    ),
    links=(CALENDAR_PAGE,),
)

PAGES: Mapping[str, HelpPage] = {
    "work": _WORK,
    "task": _WORK,
    "approvals": _APPROVALS,
    "approval": _APPROVALS,
    "calendar": _CALENDAR,
    "overview": HelpPage(
        about=_("Three questions: what happened, what needs you, what you can start."),
        steps=(
            _("Choose a period; every figure compares with the one before it."),
            _("Work through what needs you, top down."),
        ),
        definitions=_measures(
            "net_sales", "orders", "paying_customers", "new_customers", "aov", "repurchase_rate"
        ),
        links=(MEASURES_PAGE, GLOSSARY),
    ),
    "customers": _CUSTOMERS,
    "customer": HelpPage(
        about=_("One person: what they bought, received and allow, in the order in which it happened."),
        definitions=_measures("net_sales", "aov"),
        links=(GLOSSARY,),
    ),
    "rfm": _RFM,
    "rfm-customers": _RFM,
    "audiences": _AUDIENCE,
    "audience-new": _AUDIENCE,
    "audience": _AUDIENCE,
    "plans": _PLAN,
    "plan-new": _PLAN,
    "plan-edit": _PLAN,
    "plan": _PLAN,
    "imports": _IMPORT,
    "import-new": _IMPORT,
    "import": _IMPORT,
    "jobs": _JOBS,
    "job": _JOBS,
    "settings-status": HelpPage(
        about=_("How far each reader of the log is, and events that one of them could not take."),
        definitions=(
            (_("Reader"), _("A part of Siyu that follows the log at its own pace; what waits for it is not lost.")),
            (_("Set aside"), _("An event that a reader could not take waits here until somebody hands it over again.")),
        ),
        links=(STATUS,),
    ),
}

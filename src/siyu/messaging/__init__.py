"""What the brand says to its customers: plans, texts, the outbox, the policies that every message passes.

Owns: channel accounts, approved templates, recall plans, the outbox, batches, touch budgets, suppressions, tallies.
Words: plan, audience snapshot, holdout, outbox, claim, batch, held, suppressed, unknown, receipt, reply, unit, cap.
Publishes: messaging.plan_launched, messaging.sent, messaging.delivered, messaging.failed, messaging.suppressed.
Listens to: links.clicked (first click of a recipient); takes inbox rows of the kind sms_receipt.
Limits: 500 characters a message, 100 messages a batch, 1,000 rows a transaction, holdout at most 50 %.
"""

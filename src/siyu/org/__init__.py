"""Who works here: the company's tree, its staff with roles, what each of them may see, and their work together.

Owns: nodes, roles, staff, memberships; sessions, second steps, password links, access tokens; the life of the key ring;
the business calendar, tasks, notices with mails, approvals.
Words: node, role, reach, permission, viewer, scope, membership, own day, task, notice, approval.
Publishes: org.node_changed, org.staff_changed, org.calendar_changed, org.task_created, org.task_changed,
org.task_done, org.task_due, org.approval_asked, org.approval_settled. Listens to: ends of jobs.
Limits: 50,000 nodes, 200 roles, 50 roles of one person, 50 people of a task, 200 tasks of a bulk.
"""

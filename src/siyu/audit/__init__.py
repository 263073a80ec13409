"""Who did what to which object, through what and from where, with what it was before and after.

Owns: audit entries, which nobody changes or deletes: the database itself refuses. Words: actor, action, target, entry.
Publishes: nothing. Listens to: nothing. Lies below `org`, so it takes plain values; `org.auditing` takes viewers.
Limits: 2,000 characters of one value; a search by text looks through 50,000 entries a page.
"""

"""The people a brand knows: who they are, what they allow, what happened to them.

Owns: fragments, identities, roots, profiles, placements, consent.
Words: fragment, root, identity, profile, placement (home and guide), consent, scope.
Publishes: customers.profile_changed, customers.consent_changed, customers.placed. Listens to: nothing.
Limits: ids are dense 32-bit integers from one sequence, never reused.
"""

"""Addresses of the design system's own pages and of what the frame loads. Included at the root."""

from __future__ import annotations

from django.urls import path

from siyu.ui.web import lists, search, shell, views

urlpatterns = [
    path("search/", search.search, name="ui-search"),
    path("search/opened/", search.search_opened, name="ui-search-opened"),
    path("bell/", shell.bell, name="ui-bell"),
    path("bell/count/", shell.bell_count, name="ui-bell-count"),
    path("bell/read/", shell.bell_read, name="ui-bell-read"),
    path("scope/tree/", shell.scope, name="ui-scope"),
    path("help/", shell.help_panel, name="ui-help"),
    path("keys/", shell.keys, name="ui-keys"),
    path("lists/<slug:key>/counts/", lists.list_counts, name="ui-list-counts"),
    path("lists/<slug:key>/save/", lists.list_save, name="ui-list-save"),
    path("lists/<slug:key>/views/<int:view_id>/", lists.list_view, name="ui-list-view"),
    path("lists/<slug:key>/columns/", lists.list_columns, name="ui-list-columns"),
    path("lists/<slug:key>/rows/", lists.list_rows, name="ui-list-rows"),
    path("lists/<slug:key>/bulk/<slug:action_key>/", lists.bulk_preview, name="ui-bulk-preview"),
    path("lists/<slug:key>/bulk/<slug:action_key>/apply/", lists.bulk_apply, name="ui-bulk-apply"),
    path("lists/<slug:key>/export/", lists.list_export, name="ui-list-export"),
    path("lists/<slug:key>/export/ask/", lists.export_ask, name="ui-export-ask"),
    path("exports/<int:job_id>/", lists.export_file, name="ui-export-file"),
    path("styleguide/", views.style_guide, name="style-guide"),
    path("styleguide/progress/<int:step>/", views.sample_progress, name="style-guide-progress"),
    path("styleguide/drawer/", views.sample_drawer, name="style-guide-drawer"),
    path("styleguide/bell/", views.sample_bell, name="style-guide-bell"),
    path("styleguide/scope/", views.sample_scope, name="style-guide-scope"),
    path("styleguide/nothing/", views.nothing, name="style-guide-nothing"),
]

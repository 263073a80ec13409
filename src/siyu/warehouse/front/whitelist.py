"""Which settings a caller may send with a request, and which parameters are the interface's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .errors import SETTING_REFUSED, UNKNOWN_SETTING, FrontError


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Query settings handed to the engine. Memory, threads and time are bounded by the engine's own constraints.
QUERY_SETTINGS = _words(
    """max_threads max_memory_usage max_execution_time max_block_size max_result_rows max_result_bytes
    result_overflow_mode max_rows_to_read max_bytes_to_read read_overflow_mode max_query_size
    max_ast_elements max_expanded_ast_elements max_insert_block_size min_insert_block_size_rows
    min_insert_block_size_bytes insert_deduplicate insert_deduplication_token
    deduplicate_blocks_in_dependent_materialized_views async_insert wait_for_async_insert final
    do_not_merge_across_partitions_select_final optimize_read_in_order optimize_aggregation_in_order
    optimize_use_projections optimize_move_to_prewhere use_query_cache use_query_condition_cache
    force_primary_key force_index_by_date group_by_two_level_threshold group_by_two_level_threshold_bytes
    max_bytes_before_external_group_by max_bytes_before_external_sort join_algorithm join_use_nulls
    max_rows_in_join max_bytes_in_join mutations_sync alter_sync lightweight_deletes_sync
    date_time_input_format date_time_output_format cast_string_to_dynamic_use_inference
    input_format_null_as_default input_format_skip_unknown_fields input_format_allow_errors_num
    input_format_defaults_for_omitted_fields output_format_json_quote_64bit_integers
    output_format_json_quote_decimals output_format_json_named_tuples_as_objects
    output_format_native_encode_types_in_binary_format output_format_arrow_string_as_string
    output_format_native_use_flattened_dynamic_and_json_serialization
    output_format_binary_write_json_as_string allow_experimental_json_type allow_experimental_variant_type
    allow_experimental_dynamic_type enable_json_type allow_suspicious_low_cardinality_types flatten_nested
    session_timezone readonly extremes"""
)
# Parameters of the HTTP interface itself: understood or harmless here, never handed to the engine.
INTERFACE_PARAMETERS = _words(
    """query database default_format query_id wait_end_of_query buffer_size user password quota_key role compress
    decompress session_id session_timeout session_check client_protocol_version enable_http_compression
    http_zlib_compression_level send_progress_in_http_headers http_headers_progress_interval_ms
    add_http_cors_header cancel_http_readonly_queries_on_client_close http_make_head_request stacktrace"""
)


def settings_of(parameters: Mapping[str, str], *, known: Collection[str]) -> dict[str, str]:
    """The query settings among a request's parameters; `known` are the names the engine has.

    Raises UNKNOWN_SETTING for what is no setting at all and SETTING_CONSTRAINT_VIOLATION for settings kept shut.
    """
    chosen = {}
    for name, value in parameters.items():
        if name in INTERFACE_PARAMETERS or name.startswith("param_"):
            continue
        if name not in QUERY_SETTINGS:
            raise _refused(name, known)
        chosen[name] = value
    return chosen


def set_statement(settings: Mapping[str, str]) -> str:
    """One SET for all of them. Names are whitelisted, values quoted: the engine casts them."""
    return "SET " + ", ".join(f"{name} = {quoted(value)}" for name, value in settings.items())


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0")
    return f"'{escaped}'"


def _refused(name: str, known: Collection[str]) -> FrontError:
    if name in known:
        return FrontError(SETTING_REFUSED, f"Setting {name} should not be changed (it is not on the embedded list).")
    return FrontError(UNKNOWN_SETTING, f"Unknown setting {name[:100]!r}.")

"""What an edition fixes, chapter by chapter. Each value stands for the clauses that are named at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple


class DeploymentSets(NamedTuple):
    """Deployment sets."""

    strategies: tuple[str, ...]  # deployment-set/strategy, deployment-set/strategies
    old_strategies: frozenset[str]  # other names of the first of them: deployment-set/strategy-parameter
    retired_ignored: bool  # deployment-set/retired-parameters, deployment-set/retired-ignored
    sets_per_region: int  # deployment-set/sets-per-region
    zone_limit: int  # deployment-set/zone-limit, deployment-set/region-limit, deployment-set/zone-limit-20
    group_limit: int  # members of one group in one zone: deployment-set/group-limit
    low_latency_limit: int  # deployment-set/low-latency-limit
    families: frozenset[str]  # deployment-set/families, deployment-set/families-by-strategy
    low_latency_families: frozenset[str]  # deployment-set/families-by-strategy
    name_length: tuple[int, int]  # deployment-set/name-rule
    description_length: tuple[int, int]  # deployment-set/description-rule
    renames_freely: bool  # deployment-set/rename-as-created, deployment-set/rename-rule
    modify_from: frozenset[str]  # deployment-set/modify-instance-state
    leave_from: frozenset[str]  # deployment-set/remove-instance, deployment-set/remove-instance-state
    kept_stopped_waits: bool  # for a host: deployment-set/failover-keeps-stopped, deployment-set/keep-stopped-stays


class Instances(NamedTuple):
    """Instances."""

    name_length: tuple[int, int]  # instance/name-rule
    name_periods: bool  # the Chinese pages do not name them: instance/name-rule, instance/name-periods
    names_freely: bool  # of launches, letters of any script in any order: instance/names-of-launches
    description_length: tuple[int, int]  # instance/description-rule
    ordered_names: bool  # instance/ordered-names
    tag_key_length: int  # instance/tag-rule
    tag_value_length: int
    tag_value_reserved: tuple[str, ...]  # beginnings: instance/tag-values-reserved, instance/tag-values-free
    tag_urls_anywhere: bool  # refused at the beginning alone
    group_names_freely: bool  # of security groups: instance/group-names
    #: Mbit/s that come in at most, or more where more goes out: instance/launch-bandwidth-in
    bandwidth_in: int
    suffix_first: int  # deployment-set/ordered-suffix
    host_name_length: tuple[int, int]  # instance/host-name-rule
    host_name_length_windows: tuple[int, int]
    password_length: tuple[int, int]  # instance/password-rule
    key_pairs: int  # for each account and region: resource/key-pair-quota
    key_pair_exists: str  # the code: resource/key-pair-again, resource/key-pair-exists
    disk_snapshots: int  # of one disk: resource/snapshot-quota, resource/snapshots-256
    own_images: int  # for each account and region: resource/image-quota
    group_rules: int  # of a security group: resource/group-rule-limit
    same_rule_refused: bool  # resource/group-rule-again, resource/group-rule-same, resource/revoke-nothing
    user_data_bytes: int  # after decoding: instance/user-data-limit, instance/user-data-32-kb
    client_token_length: int
    launch_templates: int  # for each account and region: instance/template-limit
    consecutive_addresses: bool  # a private address is for the first of a batch: instance/consecutive-addresses
    host_name_of_id: bool  # instance/host-name-of-id
    #: GiB that a disk may have, the least and the most, by its category, of an ESSD with its performance level:
    #: instance/system-disk-sizes, instance/data-disk-sizes; a category that is not there may have what any may
    system_disk_gib: Mapping[str, tuple[int, int]]
    data_disk_gib: Mapping[str, tuple[int, int]]
    #: The same of disks that are made by themselves, where it is another: resource/disk-sizes
    created_disk_gib: Mapping[str, tuple[int, int]]
    #: The most that a disk may be enlarged to, by category; empty where its own limits hold: resource/resize-disk
    resized_disk_gib: Mapping[str, int]
    any_kms_key: bool  # keys are another product's, and taken as they are named: instance/disk-settings
    template_versions: int  # of each template: instance/template-versions-limit
    metadata_token_seconds: tuple[int, int] | None  # instance/metadata-token; None where there are no tokens
    auto_release_floor: int  # seconds from now
    auto_release_ceiling: int  # three years of 365 days, in seconds
    no_charge_excluded: frozenset[str]  # families: instance/stop-no-charge-excluded
    confirm_stop: tuple[str, ...]  # families whose stop must be confirmed: instance/confirm-stop
    keeps_public_ip: tuple[str, ...]  # stop modes across which the public address stays: instance/identity
    protection_charge_types: tuple[str, ...]  # instance/deletion-protection-scope
    #: instance/security-lock, instance/security-lock-delete, billing/security-lock
    security_lock_refuses: tuple[str, ...]
    whole_hosts: bool  # a type that is larger than a host takes an empty one, a rule of our own
    renewals_week: tuple[int, ...]  # AutoRenewPeriod of a launch: billing/auto-renew-period
    renewals_month: tuple[int, ...]  # billing/auto-renew-period, billing/auto-renew-period-60
    spot_price_decimals: int
    periods_week: tuple[int, ...]  # of a launch and of a renewal: billing/renew-periods
    periods_month: tuple[int, ...]
    allowed_from: Mapping[str, tuple[str, ...]]  # instance/life-cycle
    reboot_enters: str  # the first state of a restart: instance/reboot, instance/reboot-starts-at-once
    user_data_states: tuple[str, ...]  # in which it can be changed: instance/user-data-stopped-only
    host_name_states: tuple[str, ...]  # likewise: instance/host-name-states
    lock_reasons: tuple[str, ...]  # that a listing can be filtered by: instance/lock-reasons
    spot_lock: str  # the reason of the lock of a spot instance that is taken back: billing/spot-lock
    spot_notice: int  # seconds between the notice and its end: billing/spot-notice


class Events(NamedTuple):
    """System events."""

    types: tuple[str, ...]  # event/types, event/types-of-today
    violation_type: str  # event/violation
    simulated_types: tuple[str, ...]  # event/simulated
    avoided_by_reboot: tuple[str, ...]  # event/avoid-by-reboot, event/simulated-avoided, event/recommended-action
    #: The states in which each type is so: instance/redeploy, recovery/redeploy-answers
    avoided_by_redeployment: Mapping[str, tuple[str, ...]]
    maintenance_notice: int  # seconds that our region gives when nobody says: event/window-maintenance
    maintenance_notice_least: int  # before a window that the user prefers: event/maintenance-window
    expiration_window: int  # event/window-expiration
    arrears_window: int  # event/window-arrears
    states: tuple[str, ...]  # event/states; event/inquiring
    history_days: int  # event/history-query, event/history-30-days
    pending: tuple[str, ...]  # event/pending-query
    history_default: tuple[str, ...]  # event/history-default
    told_when_made: str  # the first state of an instance in notifications: event/created-notification
    notifies_execution: bool  # event/notification-execute-times
    notifies_tasks: bool  # event/task-notification
    notifies_disks: bool  # event/disk-notification
    simulated_limit: int  # active ones of an account; our own number, none is documented: event/simulated-limit
    simulated_failure_begins: str  # event/simulated-failure-executes


class Recovery(NamedTuple):
    """Auto recovery."""

    failure_type: str  # recovery/event-code
    #: Our own numbers, none is documented.
    planned_delay: int  # seconds from the plan to the restart where the planned path is taken: recovery/restart-time
    #: seconds until an event fails whose local disks wait for their host: recovery/local-disk-lost
    execution_window: int
    host_patience: int  # seconds that a host which can restart is waited for: recovery/restart-time
    retry: int  # seconds to the first look for supply, then twice as long each time
    retry_ceiling: int  # but no longer


class Assistant(NamedTuple):
    """Cloud Assistant."""

    commands: int  # for each account and region: assistant/command-quota
    invocations_per_day: int  # assistant/invocation-quota
    day_begins: int  # seconds from 00:00 UTC to the start of the day that the quota counts
    targets: int  # of one call: assistant/targets-limit
    install_targets: int  # of one call: assistant/install-unknown, assistant/install-limit
    #: of the agent for each system: the newest, and one that is not (assistant/session-support)
    agent_versions: Mapping[str, tuple[str, str]]
    heartbeat: int  # seconds for which an agent that was heard of is told to be there; 0 for none: assistant/heartbeats
    upgrade_every: int  # seconds between two looks of an agent for an upgrade: assistant/upgrade-half-hourly
    activations: int  # for each account and region: assistant/activation-quota
    content_characters: int  # of Base64: assistant/content-limit
    modify_content: bool  # assistant/modify-content
    name_length: int  # assistant/name-limits
    description_length: int
    directory_length: int  # of a WorkingDir; 0 for any: assistant/working-dir-200
    launcher_length: int  # assistant/launcher-limit
    tag_key_length: int  # assistant/tag-keys
    name_patterns: bool  # whether commands are found by names with *: assistant/command-patterns
    windows_password: bool  # whether a user of Windows needs the name of a password: assistant/windows-password
    windows_user: str  # as whom commands run there, empty for the administrator: assistant/run-as-system
    windows_directory: str  # in which, empty for that of the agent: assistant/windows-directory
    timeout: int  # seconds: assistant/timeout-default, assistant/timeout-default-2020
    delivery: int  # seconds until a run must have begun: invocation-status/settles
    period_floor: int  # seconds: assistant/period-floor
    cron_offset: int  # seconds that its time is ahead of UTC: assistant/cron-time-zone
    #: of the system of an instance, in which cron expressions are meant that name none: assistant/cron-instance-zone;
    #: empty where `cron_offset` counts
    system_zone: str
    cron_fields: tuple[int, ...]  # assistant/cron-week-and-year, assistant/cron-year
    #: whether a frequency may be a rate, one time, or have a zone: assistant/rate-form, assistant/at-form,
    #: assistant/cron-zone
    frequency_forms: bool
    rate_bounds: tuple[int, int]  # seconds: assistant/rate-bounds
    period_over_timeout: bool  # assistant/period-not-below-timeout, assistant/rate-bounds
    #: of the agent for each system, without which those forms do not run: assistant/forms-need-agent
    forms_need: Mapping[str, str]
    names_checked: bool  # of placeholders: assistant/placeholder-characters
    #: built-in parameter -> system -> of the agent that fills it in: assistant/built-ins-need-agent
    built_ins_need: Mapping[str, Mapping[str, str]]
    #: beyond which an agent takes an invocation that was changed: assistant/modify-invocation-agents
    changes_need: Mapping[str, str]
    cron_first_weekday: Literal["SUN", "MON"]
    page_size_commands: int  # assistant/describe-commands
    page_size_invocations: int  # assistant/describe-invocations
    page_size_results: int  # assistant/describe-results, assistant/results-page-50
    output_bytes: Mapping[str, int]  # what the agent of the time kept: assistant/output-kept; assistant/output-cap
    records: int  # kept for each account and region, the oldest go first: assistant/retention
    record_days: int  # after which the record of a run that has settled is forgotten; 0 for never: assistant/retention
    sendings: int  # of files, likewise; our own number until one was documented: assistant/files-kept
    sending_days: int  # likewise: assistant/files-kept
    finished_format: str
    mismatch_refused: bool  # assistant/command-types
    delete_in_use_refused: bool  # assistant/delete-command-in-use
    frequency_repeats: bool  # by itself, without Timed: assistant/repeat-mode
    frequency_decides: bool  # whatever Timed and RepeatMode say: assistant/frequency-means-period
    detailed: bool  # invocation-status/detailed-status
    #: whether the detailed state of a target tells of its run before it began, and how a schedule has ended:
    #: invocation-status/scheduled-target, invocation-status/schedule-over
    detailed_schedules: bool
    instance_prevails: bool  # over other filters of invocations: assistant/filters-beside-instance
    timed_while_open: bool  # whether Timed=false also finds what repeats and is over: assistant/timed-filter
    totals: str  # the table by which states add up, of `invocation_status`: invocation-status/one-time
    file_owner_length: int  # and of its group; 0 for any: assistant/file-limits
    file_errors: bool  # whether guests tell why a file cannot be written: assistant/file-errors
    sending_targets: int  # of one call: assistant/file-targets
    file_characters: int  # files cannot be sent yet: assistant/send-file
    #: beginnings of the names of systems: assistant/os-list, assistant/os-of-public-images
    systems: tuple[str, ...]


class Billing(NamedTuple):
    """Billing."""

    settlement: int  # seconds; hours of the clock in UTC+8: billing/hourly-settlement
    release_after: int  # seconds from the stop, 15 days: billing/release-after-15-days
    reactivation_balance: str  # yuan, to be exceeded: billing/reactivate-balance, billing/reactivate-at-least
    expiration_events: tuple[str, str]  # billing/expiry-event
    arrears_events: tuple[str, str]  # billing/arrears-event
    renewal_avoids: tuple[str, ...]  # event/avoid-by-renewal, event/recommended-action, billing/renew
    payment_avoids: tuple[str, ...]  # event/avoid-by-payment, event/recommended-action, billing/payment-cancels-release
    #: whether that starts again what was stopped for arrears: billing/reactivate; billing/restart-after-payment
    payment_restarts: bool
    #: before the expiry; 15 is where the console begins to warn: billing/reminders, billing/about-to-expire
    reminder_days: tuple[int, ...]
    last_reminder_days: tuple[int, ...]  # of an instance set to NotRenewal
    auto_renew_days: int  # before the expiry, when automatic renewal is first tried; then daily: billing/auto-renew
    auto_renew_hour: int  # UTC+8
    auto_renew_months: tuple[int, ...]
    auto_renew_weeks: tuple[int, ...]
    auto_renew_years: tuple[int, ...]  # billing/auto-renew-years
    renewal_price_years: int  # the most of which a price is told: billing/renewal-price-periods
    renewals_are_named: bool  # when listed: by id or by state: billing/auto-renew-listing
    #: Our own round numbers, a test sets others. All prices are zero, so that nobody is stopped who did not ask for it.
    opening_balance: str  # yuan
    hourly_price: str  # yuan for each hour of a pay-as-you-go instance
    monthly_price: str  # yuan for each month of a subscription; a week costs a quarter
    spot_market: bool  # whether the usual spot price counts before a test moves it: billing/spot-charges
    spot_days: int  # of which prices are told: billing/spot-price-history, billing/spot-advice
    refund_vcpu_hours: int  # of an account in a month; our own number, none is documented: billing/charge-type-quota
    periods_year: tuple[int, ...]  # of a change to a subscription: billing/charge-type-periods
    financial_lock_refuses: Mapping[str, Mapping[str, str]]  # the code for each charge type: billing/financial-lock

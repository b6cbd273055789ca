"""What the documentation of December 2020 fixes otherwise than that of February 2019."""

from __future__ import annotations

from typing import Final

from faultzone.editions.edition_2019_02 import EDITION as BASE

EDITION: Final = BASE._replace(
    name="2020-12",
    date=(2020, 12),
    instance=BASE.instance._replace(
        name_periods=True,
        key_pair_exists="KeyPair.AlreadyExist",
        disk_snapshots=256,
        group_rules=200,
        resized_disk_gib={},
        same_rule_refused=False,
        renewals_month=(1, 2, 3, 6, 12, 24, 36, 48, 60),
        ordered_names=True,
        tag_key_length=128,
        tag_value_reserved=("acs:",),
        tag_urls_anywhere=True,
        metadata_token_seconds=(1, 21_600),
    ),
    event=BASE.event._replace(
        types=(
            "SystemMaintenance.Reboot",
            "SystemMaintenance.Stop",
            "SystemMaintenance.Redeploy",
            "SystemMaintenance.RebootAndIsolateErrorDisk",
            "SystemFailure.Reboot",
            "SystemFailure.Stop",
            "SystemFailure.Redeploy",
            "InstanceFailure.Reboot",
            "InstanceExpiration.Stop",
            "InstanceExpiration.Delete",
            "AccountUnbalanced.Stop",
            "AccountUnbalanced.Delete",
            "SecurityPunish.Locked",
        ),
        simulated_types=(
            "SystemMaintenance.Reboot",
            "SystemMaintenance.Stop",
            "SystemMaintenance.Redeploy",
            "SystemFailure.Reboot",
            "SystemFailure.Stop",
            "SystemFailure.Redeploy",
            "InstanceFailure.Reboot",
        ),
        avoided_by_redeployment=dict.fromkeys(
            (
                "SystemMaintenance.Reboot",
                "SystemMaintenance.Stop",
                "SystemMaintenance.Redeploy",
                "SystemMaintenance.RebootAndIsolateErrorDisk",
            ),
            ("Scheduled", "Inquiring"),
        ),
        pending=("Scheduled", "Inquiring"),
        notifies_execution=True,
        states=("Scheduled", "Executing", "Avoided", "Executed", "Canceled", "Failed", "Inquiring"),
        simulated_failure_begins="Executing",
    ),
    recovery=BASE.recovery._replace(
        planned_delay=180,
        execution_window=600,
        host_patience=180,
    ),
    assistant=BASE.assistant._replace(
        invocations_per_day=5000,
        day_begins=0,
        targets=50,
        install_targets=50,
        modify_content=False,
        name_length=128,
        description_length=512,
        timeout=60,
        cron_offset=0,
        cron_fields=(6,),
        cron_first_weekday="MON",
        page_size_results=50,
        sending_targets=50,
        file_characters=32768,
        output_bytes={"linux": 24576, "windows": 24576},
        finished_format="%Y-%m-%dT%H:%M:%SZ",
        mismatch_refused=True,
        delete_in_use_refused=True,
        frequency_repeats=True,
        detailed=True,
        totals="2020-12",
        record_days=14,
    ),
    billing=BASE.billing._replace(
        payment_restarts=True,
    ),
    statuses={
        **BASE.statuses,
        "CancelSimulatedSystemEvents": {"EventIdLimitExceeded": 400, "InvalidParameter": 403, "MissingParameter": 404},
        "CreateCommand": {"InvalidCmdType.NotFound": 403},
        "CreateSimulatedSystemEvents": {
            "InvalidParameter": 403,
            "InvalidNotBefore.Passed": 403,
            "MissingParameter": 404,
            "SimulatedEventLimitExceeded": 403,
        },
        "DeleteInstance": {},
        "DescribeInstanceHistoryEvents": {"InvalidParameter": 403, "MissingParameter": 404},
        "RunCommand": {"InvalidCmdType.NotFound": 403},
        "StopInvocation": {"InvalidInvokeId.NotFound": 404},  # assistant/stop-unknown
    },
    renamed={
        **BASE.renamed,
        "InvalidParam.pageNumber": "InvalidParam.PageNumber",
        "MissingParameter.Frequency": "MissingParam.Frequency",  # assistant/frequency-required
    },
)

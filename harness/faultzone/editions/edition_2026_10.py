"""What the documentation of October 2026 fixes otherwise than that of December 2020."""

from __future__ import annotations

from typing import Final

from faultzone.editions.edition_2020_12 import EDITION as BASE


def _families(names: str) -> frozenset[str]:
    return frozenset(f"ecs.{each}" for each in names.split())


_SYSTEM_DISK_GIB: Final = {
    "cloud": (20, 500),
    "cloud_efficiency": (20, 2048),
    "cloud_ssd": (20, 2048),
    "cloud_essd/PL0": (1, 2048),
    "cloud_essd/PL1": (20, 2048),
    "cloud_essd/PL2": (461, 2048),
    "cloud_essd/PL3": (1261, 2048),
    "cloud_auto": (1, 2048),
    "cloud_essd_entry": (20, 2048),
    "ephemeral_ssd": (20, 2048),
}
_DATA_DISK_GIB: Final = {
    "cloud": (5, 2000),
    "cloud_efficiency": (20, 32768),
    "cloud_ssd": (20, 32768),
    "cloud_essd/PL0": (1, 65536),
    "cloud_essd/PL1": (20, 65536),
    "cloud_essd/PL2": (461, 65536),
    "cloud_essd/PL3": (1261, 65536),
    "cloud_auto": (1, 65536),
    "cloud_essd_entry": (10, 32768),
    "cloud_regional_disk_auto": (10, 65536),
    "elastic_ephemeral_disk_standard": (64, 8192),
    "elastic_ephemeral_disk_premium": (64, 8192),
    # Not in the documentation of today; of that of December 2020.
    "ephemeral_ssd": (5, 800),
}

EDITION: Final = BASE._replace(
    name="2026-10",
    date=(2026, 10),
    complete=True,
    deployment_set=BASE.deployment_set._replace(
        strategies=("Availability", "AvailabilityGroup", "LowLatency"),
        old_strategies=frozenset(),
        retired_ignored=True,
        # Our own number: the documentation refers to a quota that it does not name.
        sets_per_region=100,
        zone_limit=20,
        group_limit=20,
        low_latency_limit=20,
        families=_families(
            "g9a g9ae g9i g8a g8i g8ine g8ise g8y g7 g7a g7h g7ne g7nex g7se g7t g6 g6a g6e g6h g5 g5ne c9a c9ae c9i "
            "c8a c8i c8ine c8y c7 c7a c7nex c7se c7t c6 c6a c6e c5 r9a r9ae r9i r8a r8i r8y r7 r7a r7se r7t r6 r6a "
            "r6e r5 hfc9i hfg9i hfr9i hfc8i hfg8i hfr8i hfc7 hfg7 hfr7 hfc6 hfg6 hfr6 hfc5 hfg5 ebmc9i ebmg9a ebmg9i "
            "ebmr9i ebmc8a ebmc8i ebmc8y ebmg8a ebmg8i ebmg8y ebmr8a ebmr8y ebmc7 ebmc7a ebmg7 ebmg7a ebmg7se "
            "ebmhfc7 ebmhfg7 ebmhfr7 ebmr7 ebmr7a ebmg5 i5 i5g i5ge ic5 i4 i4g i4r i3 i3g i2 i2g i2gne i2ne gn6i d3c "
            "d3s d2c d2s d1ne re6 re6p s6 t6 e4 mn4 n4 re4 xn4 sn2ne u2a u2i se1 se1ne sn1ne u1 e"
        ),
        low_latency_families=_families(
            "g9a g9ae g9i g8a g8ae g8i g8ise g8y g7 g5ne c9a c9ae c9i c8a c8ae c8i c8ine c8y c7 c7nex r9a r9ae r9i "
            "r8a r8ae r8i r8y r7 hfc9i hfg9i hfr9i hfc8i hfg8i hfr8i ebmc9i ebmg9a ebmg9i ebmr9i ebmc8a ebmc8i "
            "ebmc8y ebmg8a ebmg8i ebmg8y ebmgn8v ebmr8a ebmr8y ebmc7 ebmc7a ebmg7 ebmg7a ebmg7se ebmgn7ex ebmhfc7 "
            "ebmhfg7 ebmhfr7 ebmr7 ebmr7a i5 i5g i5ge i4 gn8v hpc8ae hpc8i hpc7ip hpc6id u2a u2i"
        ),
        renames_freely=True,
        leave_from=BASE.deployment_set.modify_from,
        kept_stopped_waits=False,
    ),
    assistant=BASE.assistant._replace(
        # The least of the documented range, 500 to 50,000; it can be raised.
        commands=500,
        targets=100,
        content_characters=24576,
        directory_length=200,
        launcher_length=1024,
        tag_key_length=64,
        name_patterns=True,
        windows_password=True,
        windows_user="System",
        windows_directory=r"C:\Windows\System32",
        # That of the systems of public images.
        system_zone="Asia/Shanghai",
        cron_fields=(6, 7, 8),
        frequency_forms=True,
        rate_bounds=(60, 604800),
        period_over_timeout=True,
        forms_need={"linux": "2.2.3.282", "windows": "2.1.3.282"},
        names_checked=True,
        built_ins_need={
            "InstanceId": {"linux": "2.2.3.309", "windows": "2.1.3.309"},
            "InstanceName": {"linux": "2.2.3.344", "windows": "2.1.3.344"},
            "InvokeId": {"linux": "2.2.3.309", "windows": "2.1.3.309"},
            "CommandId": {"linux": "2.2.3.309", "windows": "2.1.3.309"},
        },
        changes_need={"linux": "2.2.3.541", "windows": "2.1.3.541"},
        frequency_decides=True,
        agent_versions={"linux": ("2.2.4.1065", "2.2.3.178"), "windows": ("2.1.4.1065", "2.1.3.178")},
        heartbeat=120,
        upgrade_every=1800,
        activations=10,
        records=10000,
        record_days=30,
        sending_days=1,
        file_owner_length=64,
        file_errors=True,
        detailed_schedules=True,
        instance_prevails=True,
        timed_while_open=True,
        systems=("",),
    ),
    event=BASE.event._replace(
        types=(
            *BASE.event.types,
            "SystemMaintenance.RebootAndReInitErrorDisk",
            "SystemMaintenance.IsolateErrorDisk",
            "SystemMaintenance.ReInitErrorDisk",
            "SystemMaintenance.StopAndRepair",
            "SystemMaintenance.CleanInactiveDisks",
            "SystemFailure.Delete",
            "SystemUpgrade.Migrate",
            "SecurityPunish.WebsiteBanned",
        ),
        avoided_by_redeployment={
            **dict.fromkeys(("SystemMaintenance.Reboot", "SystemMaintenance.Redeploy"), ("Scheduled", "Inquiring")),
            **dict.fromkeys(
                (
                    "SystemMaintenance.RebootAndIsolateErrorDisk",
                    "SystemMaintenance.RebootAndReInitErrorDisk",
                    "SystemMaintenance.IsolateErrorDisk",
                    "SystemMaintenance.ReInitErrorDisk",
                    "SystemFailure.Redeploy",
                ),
                ("Inquiring",),
            ),
        },
        history_days=30,
        notifies_tasks=True,
        told_when_made="Created",
        notifies_disks=True,
    ),
    billing=BASE.billing._replace(
        # At least 100: the least amount below it.
        reactivation_balance="99.9999",
        auto_renew_years=(1, 2, 3, 4, 5),
        renewal_price_years=3,
        renewals_are_named=True,
        spot_market=True,
        periods_year=(1, 2, 3, 4, 5),
    ),
    instance=BASE.instance._replace(
        names_freely=True,
        tag_value_reserved=(),
        group_names_freely=True,
        bandwidth_in=10,
        consecutive_addresses=True,
        host_name_of_id=True,
        system_disk_gib=_SYSTEM_DISK_GIB,
        data_disk_gib=_DATA_DISK_GIB,
        created_disk_gib={},
        any_kms_key=True,
        security_lock_refuses=(
            *BASE.instance.security_lock_refuses,
            "ModifyInstanceSpec",
            "ModifyPrepayInstanceSpec",
            "ModifyInstanceNetworkSpec",
            "ModifyInstanceChargeType",
            "ModifyInstanceVpcAttribute",
            "AllocatePublicIpAddress",
            "SendDiagnosticInterrupt",
        ),
        user_data_bytes=32768,
        whole_hosts=True,
        confirm_stop=(),
        reboot_enters="Starting",
        user_data_states=("Pending", "Starting", "Running", "Stopping", "Stopped"),
        host_name_states=("Running", "Stopping", "Stopped"),
        lock_reasons=("financial", "security", "Recycling", "dedicatedhostfinancial", "refunded"),
        spot_lock="Recycling",
    ),
    renamed={
        **BASE.renamed,
        "QuotaExceeded.PrivateIpAddress": "InvalidVSwitchId.IpNotEnough",  # instance/vswitch-addresses
    },
    statuses={
        **BASE.statuses,
        "GetInstanceConsoleOutput": {"IncorrectInstanceStatus": 405},
        "GetInstanceScreenshot": {"IncorrectInstanceStatus": 405},
    },
)

"""The codes of the chapters on key pairs, rules of security groups and disks: code -> (HTTP status, message)."""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, tuple[int, str]]] = {
    # Key pairs
    "InvalidKeyPairName.Malformed": (400, "Specified Key Pair name is not valid."),
    "KeyPair.AlreadyExist": (400, "The key pair already exist."),
    "QuotaExceed.KeyPair": (403, "The key pair quota exceeds."),
    "InvalidPublicKeyBody.Malformed": (400, "The PublicKeyBody format is not supported."),
    "DependencyViolation.WindowsInstance": (403, "The instance creating is window, cannot use ssh key pair to login"),
    # Rules of security groups; the service spells some of them so.
    "InvalidIpProtocol.Malformed": (400, 'The specified parameter "PortRange" is not valid.'),
    "InvalidPortRange.Malformed": (400, 'The specified parameter "PortRange" is not valid.'),
    "InvalidSourcePortRange.Malformed": (400, 'The specified parameter "SourcePortRange" is not valid.'),
    "InvalidPriority.Malformed": (400, 'The specified parameter "Priority" is not valid.'),
    "InvalidPriority.ValueNotSupported": (400, "The specified Priority is invalid."),
    "InvalidSourceCidrIp.Malformed": (400, 'The specified parameter "SourceCidrIp" is not valid.'),
    "InvalidDestCidrIp.Malformed": (400, 'The specified parameter "DestCidrIp" is not valid.'),
    "InvalidParam.SourceIp": (400, "SourceCidrIp either ipv4 or ipv6."),
    "InvalidParam.DestIp": (400, "DestCidrIp either ipv4 or ipv6."),
    "InvalidParam.Ipv6SourceCidrIp": (400, "The specified param V6SourceCidrIp is not valid."),
    "InvalidParam.Ipv6DestCidrIp": (400, "The specified param V6DestCidrIp is not valid."),
    "InvalidPolicy.Malformed": (400, 'The specified parameter "Policy" is not valid.'),
    "InvalidNicType.ValueNotSupported": (400, "The specified NicType does not exist."),
    "InvalidSecurityGroupDiscription.Malformed": (400, "The specified security group rule description is not valid."),
    "AuthorizationLimitExceed": (
        403,
        "The maximum number of authorization rules in the security group is exceeded.",
    ),
    "InvalidParamter.Conflict": (403, "The specified SecurityGroupId should be different from that of the peer."),
    "InvalidSourceGroupId.NotFound": (404, "The SourceGroupId provided does not exist in our records."),
    "InvalidSourceGroupId.Mismatch": (400, "Specified security group and source group are not in the same VPC."),
    "InvalidDestGroupId.NotFound": (404, "The DestGroupId provided does not exist in our records."),
    "InvalidDestGroupId.Mismatch": (400, "Specified security group and destination group are not in the same VPC."),
    "InvalidGroupAuthItem.NotFound": (403, "Specified group authorized item does not exist in our records."),
    "Abs.GroupNos.Malformed": (
        400,
        "The specified parameter SecurityGroupId is essential and size should less than 10.",
    ),
    # Elastic addresses; the service spells some of them so.
    "InvalidAllocationId.NotFound": (404, "Specified allocation ID is not found"),
    "IncorrectEipStatus": (400, "Current elastic IP status does not support this operation."),
    "InvalidInstanId.NotFound": (404, "Specified instance does not exist."),
    "InvalidAssociation.Duplicated": (400, "Specified instance already is associated."),
    "QuotaExceeded.Eip": (400, "Elastic IP address quota exceeded."),
    "ReserveIpFail": (400, "Reserve eip failed."),
    # What is listed and offered
    "InvalidImageOwnerAlias.ValueNotSupported": (400, "The specified ImageOwnerAlias is not supported."),
    "InvalidArchitecture": (404, "The specified Architecture is not valid."),
    "InvalidOSType": (404, "The specified OSType is not valid."),
    "InvalidUsage": (404, "The specified Usage is not valid."),
    "InvalidDiskType.ValueNotSupported": (400, "The specified DiskType is not supported."),
    "InvalidCategory.ValueNotSupported": (400, "The specified Category is not supported."),
    "InvalidAcceptLanguage.NotFound": (404, "The specified AcceptLanguage is not found."),
    "Invalid.Param": (400, 'The specified parameter "{name}" is not valid: {why}.'),
    "Invalid.InstanceChargeType": (400, "The specified InstanceChargeType is not valid."),
    "Invalid.IoOptimized": (404, "The specified IoOptimized is not valid."),
    "Invalid.NetworkCategory": (404, "The specified NetworkCategory is not valid."),
    # Disks
    "InvalidDiskCategory.ValueNotSupported": (400, "The specified parameter DiskCategory is not valid."),
    "InvalidSize.ValueNotSupported": (400, "The specified parameter Size is not valid."),
    "InvalidSnapshotId.NotFound": (404, "The specified SnapshotId does not exist."),
    "NoAttributeToModify": (400, "No attribute to be modified in this request."),
    "DiskNotPortable": (403, "The specified disk is not a portable disk."),
    "DiskTypeViolation": (403, "The specified disk is a system disk and cannot support the operation."),
    "IncorrectDiskStatus": (403, "The current disk status does not support this operation."),
    "ResourcesNotInSameZone": (403, "The specified instance and disk are not in the same zone."),
    "InstanceDiskLimitExceeded": (403, "The amount of the disk on instance in question reach its limits."),
    "InvalidDevice.Malformed": (400, "The specified port is not valid."),
    "InvalidDevice.InUse": (403, "The specified device has been occupied."),
    "InvalidDiskSize.TooSmall": (403, "Specified new disk size is less than the original disk size."),
    "InvalidDiskSize.TooLarge": (403, "Specified new disk size is beyond the permitted range."),
}

"""Documented error codes with their HTTP status and message, and the exception that carries one.

Statuses and messages are those of the API reference of February 2019; where sources of that month disagree on a status
(`DEPLOYMENTSET.QUOTA_FULL` is 400 on one page and 403 on another) the registry of clauses says so and tests compare the
code. Where the page of one action has another status than most, or that of a later edition has, the edition says which.
"""

from __future__ import annotations

from typing import Final

from faultzone.api.resource_codes import CODES as RESOURCE_CODES
from faultzone.editions.edition import Date, date_text

_GONE = "The current status of the resource does not support this operation."
_MISSING = 'The input parameter "{name}" that is mandatory for processing this request is not supplied.'

#: code -> (HTTP status, message). `{name}` and the like are filled in by `ApiError.of`.
CODES: Final[dict[str, tuple[int, str]]] = {
    # Every action
    "MissingParameter": (400, _MISSING),
    "InvalidNetworkType.MismatchRamRole": (403, "Ram role cannot be attached to instances of Classic network type."),
    "InvalidParam.Amount": (403, "The specified parameter Amount is not valid: {why}."),
    "InvalidParameter.CreditSpecification": (400, 'The specified parameter "CreditSpecification" is not valid.'),
    "InvalidParameter.AllEmpty": (403, "At least one of the parameters InstanceIds and RamRoleName must be given."),
    "InvalidParameter": (400, 'The specified parameter "{name}" is not valid: {why}.'),
    "UnsupportedParameter": (400, 'The parameter "{name}" is not supported: {why}.'),
    "InvalidAction": (403, "The specified action {name} is not valid."),
    # What the gateway of today answers to an action that there is not.
    "InvalidAction.NotFound": (404, "Specified api is not found, please check your url and method."),
    "InvalidApi.NotFound": (404, "Specified api is not found, please check your url and method."),
    "InvalidVersion": (404, 'Specified parameter "Version" is not valid.'),
    "InvalidRegionId.NotFound": (404, "The RegionId provided does not exist in our records."),
    "InvalidZoneId.NotFound": (404, "The ZoneId provided does not exist in our records."),
    "IdempotentParameterMismatch": (
        400,
        "The specified parameters do not match those of the earlier request with this ClientToken.",
    ),
    "InvalidClientToken.ValueNotSupported": (400, "The ClientToken provided is invalid."),
    "DryRunOperation": (400, "Request validation has been passed with DryRun flag set."),
    "Throttling": (400, "Request was denied due to request throttling."),
    "Throttling.User": (400, "Request was denied due to user flow control."),
    "OperationConflict": (409, "Request was denied due to conflict with a previous request."),
    "InternalError": (500, "The request processing has failed due to some unknown error, exception or failure."),
    "ServiceUnavailable": (503, "The request has failed due to a temporary failure of the server."),
    "Forbidden.RAM": (
        403,
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    ),
    "Forbidden.AccessKeyDisabled": (403, "The Access Key is disabled."),
    "InvalidAccessKeyId.NotFound": (404, "Specified access key is not found."),
    "IncompleteSignature": (400, "The request signature does not conform to Aliyun standards."),
    "SignatureDoesNotMatch": (
        400,
        "Specified signature is not matched with our calculation. server string to sign is:{text}",
    ),
    "SignatureNonceUsed": (400, "The specified SignatureNonce has been used."),
    "InvalidTimeStamp.Format": (400, "The specified Timestamp is not well formatted."),
    "InvalidTimeStamp.Expired": (400, "The specified Timestamp is expired."),
    "UnsupportedHTTPMethod": (403, "This HTTP method is not supported."),
    "Throttling.Api": (400, "Request was denied due to api flow control."),
    "Throttling.ConcurrentLimitExceeded": (400, "Request was denied due to concurrent limit exceeded."),
    "Forbidden.RiskControl": (403, "This operation is forbidden by Aliyun RiskControl system."),
    "LastTokenProcessing": (403, "The last token request is processing."),
    "IdempotentProcessing": (403, "The previous idempotent request(s) is still processing."),
    "Operation.Conflict": (409, "The operation conflicts with another one."),
    # Products beside ECS
    "InvalidParameter.RoleArn": (400, "The parameter RoleArn is wrongly formed."),
    "InvalidParameter.RoleSessionName": (400, "The parameter RoleSessionName is wrongly formed."),
    "InvalidParameter.DurationSeconds": (400, "The Min/Max value of DurationSeconds is 15min/1hr."),
    "InvalidParameter.RoleName.InvalidChars": (400, 'The parameter - "RoleName" contains invalid chars.'),
    "EntityNotExist.Role": (404, "The role not exists: {name}."),
    # Clients compare both texts of these two, and look no further.
    "InvalidRegionId": (404, "The specified region does not exist."),
    "Illegal Parameter": (400, "Please check the parameters"),
    # CloudMonitor
    "InvalidParameterValue": (400, "Illegal parameters: {why}."),
    "ResourceNotFound": (404, "The specified resource is not found."),
    # Networks; the service spells some of them so.
    "QuotaExceeded.Vpc": (400, "VPC quota exceeded."),
    "QuotaExceeded.VSwitch": (400, "Virtual switch quota exceeded."),
    "InvalidVpcName.Malformed": (400, "Specified VPC name is not valid."),
    "InvalidVpcDiscription.Malformed": (400, "Specified VPC description is not valid."),
    "InvalidVSwitchName.Malformed": (400, "Specified virtual switch name is not valid."),
    "InvalidVSwitchDiscription.Malformed": (400, "Specified virtual switch description is not valid."),
    "InvalidUserCidr.Quota": (400, "Specified UserCidr number is greater than 3."),
    "InvalidUserCidr.Malformed": (400, "Specified UserCidr overlapping in of 100.64.0.0/10."),
    "InvalidCidrBlock.Malformed": (400, "Specified CIDR block is not valid."),
    "InvalidCirdrBlock.MaskLength": (400, "Specified CIDR block is not valid."),
    "InvalidCidrBlock.Overlapped": (400, "Specified CIDR block overlapped with other subnets."),
    "IncorrectVpcStatus": (400, "Current VPC status does not support this operation."),
    "IncorrectVSwitchStatus": (400, "The current virtual switch status does not support this operation."),
    "DependencyViolation.VSwitch": (400, "Specified object has dependent resources."),
    "DependencyViolation.SecurityGroup": (400, "Specified object has dependent resources SecurityGroup."),
    "IllegalParam.TagKey": (400, "The param of TagKey is illegal."),
    "IllegalParam.TagValue": (400, "The param of TagValue is illegal."),
    "InvalidSecurityGroup.NotInDefaultVpc": (400, "The specified security group is not in the default VPC."),
    "InvalidInstanceId.Mismatch": (400, "Specified instance and security group are not in the same VPC."),
    # What a launch is refused with where there is too little of something: a test injects them.
    "QuotaExceed.ElasticQuota": (
        403,
        "The number of the specified ECS instances has exceeded the quota of the specified instance type.",
    ),
    "QuotaExceeded.ElasticQuota": (403, "The quota of the specified instance type has been exceeded."),
    "QuotaExceed.Instance": (403, "The number of instances exceeds the quota."),
    "QuotaExceed.Spot": (403, "The number of spot instances exceeds the quota."),
    "Zone.NotOnSale": (403, "The specified zone is not available for purchase."),
    "InvalidResourceType.NotSupported": (
        403,
        "This resource type is not supported; please try other resource types.",
    ),
    "InvalidEniId.NotFound": (404, "The specified NetworkInterfaceId does not exist."),
    "InvalidOperation.EniCountExceeded": (
        403,
        "The number of ENI exceeds the limit ({most}) of the instance type {kind}: {asked} are asked for.",
    ),
    "InvalidVSwitch.Ipv6NotTurnOn": (403, "IPv6 is not enabled for the specified vSwitch."),
    "InvalidOperation.Ipv4CountExceeded": (403, "The number of private addresses exceeds the limit ({most})."),
    "InvalidOperation.MaxEniQueueNumberExceeded": (403, "A network interface of {kind} has at most {most} queues."),
    "InvalidVSwitchId.IpInvalid": (403, "{address} is not an address of the vSwitch."),
    "InvalidIp.IpAssigned": (403, "{address} is assigned already."),
    "InvalidIp.IpRepeated": (403, "{address} is named twice."),
    "InvalidIp.IpUnassigned": (403, "{address} is not assigned to the network interface."),
    "InvalidIp.Address": (403, "{address} is not an address of the vSwitch."),
    "InvalidOperation.Ipv6CountExceeded": (403, "The number of IPv6 addresses exceeds the limit ({most})."),
    "QuotaExceeded.PrivateIpAddress": (400, "PrivateIpAddress quota exceeded within vswitch."),
    "InvalidVSwitchId.IpNotEnough": (403, "The specified VSwitch has not enough IP addresses."),
    "OperationDenied.ZoneNotAllowed": (403, "The creation of Instance to the specified Zone is not allowed."),
    "OperationDenied.CloudSSDNotSupported": (403, "The specified available zone does not offer the cloud_ssd disk."),
    # Instances
    "InvalidInstanceId.NotFound": (404, "The specified InstanceId does not exist."),
    "InvalidInstanceId.Malformed": (400, 'The specified parameter "InstanceId" is not valid: {why}.'),
    "IncorrectInstanceStatus": (403, _GONE),
    "IncorrectInstanceStatus.Initializing": (403, "The specified instance status does not support this operation."),
    "InstanceNotReady": (500, "The specified instance is not ready for use."),
    "InstanceExpired": (403, "PrePaid instances has been expired."),
    "InstanceExpiredOrInArrears": (
        403,
        "The specified operation is denied as your prepay instance is expired (prepay mode) or in arrears (afterpay mode).",
    ),
    "InstanceLockedForSecurity": (
        403,
        "The specified operation is denied as your instance is locked for security reasons.",
    ),
    "InsufficientBalance": (403, "Your account does not have enough balance."),
    "ChargeTypeViolation": (403, "The operation is not permitted due to charge type of the instance."),
    "InvalidOperation.RamRoleAttached": (403, "The specified instance already has another RAM role."),
    "InvalidOperation.RamRoleNotAttached": (403, "The specified RAM role is not attached to the instance."),
    "InvalidOperation.DeletionProtection": (
        403,
        "The operation is not allowed due to the instance is protected by deletion protection.",
    ),
    "InvalidChargeType.ValueNotSupported": (
        403,
        "The operation is not permitted due to deletion protection only support postPaid instance",
    ),
    "InvalidImageId.NotFound": (404, "The specified ImageId does not exist."),
    "ImageNotSupportInstanceType": (403, "The specified image does not support the specified InstanceType."),
    "InvalidInstanceType.ValueNotSupported": (
        403,
        "The specified InstanceType does not exist or is not authorized for usage.",
    ),
    "InvalidInstanceType.NotSupported": (400, "The specified instanceType is not supported by the deployment set."),
    "InvalidInstanceName.Malformed": (400, 'The specified parameter "InstanceName" is not valid.'),
    "InvalidDescription.Malformed": (400, 'The specified parameter "Description" is not valid.'),
    "InvalidHostName.Malformed": (400, 'The specified parameter "HostName" is not valid.'),
    "InvalidPassword.Malformed": (400, 'The specified parameter "Password" is not valid.'),
    "InvalidPasswordParam.Mismatch": (400, "The input password should be null when passwdInherit is true."),
    "InvalidUserData.NotSupported": (
        400,
        'The specified parameter "UserData" only support the vpc and IoOptimized Instance.',
    ),
    "InvalidUserData.Base64FormatInvalid": (400, 'The specified parameter "UserData" must be base64 encoded.'),
    "InvalidUserData.SizeExceeded": (400, 'The specified parameter "UserData" exceeds the size.'),
    "InvalidStatus.NotFound": (404, "The specified Status is not found"),
    "InvalidNetworkType.NotFound": (404, "The specified InstanceNetworkType is not found"),
    "InvalidInternetChargeType.ValueNotSupported": (404, "The specified InternetChargeType is not valid"),
    "InvalidInstanceChargeType.NotFound": (404, "The InstanceChargeType does not exist in our records."),
    "InvalidPeriod": (400, "The specified period is not valid."),
    "InvalidSpotPriceLimit.LowerThanPublicPrice": (
        400,
        'The specified parameter "spotPriceLimit" can\'t be lower than the current public price.',
    ),
    "OperationDenied.SpotPriceLowerThanPublicPrice": (403, "The spot instance price is lower than public price."),
    "InvalidParams.StartTime": (400, 'The specified parameter "StartTime" is not valid: {why}.'),
    "InvalidParams.EndTime": (400, 'The specified parameter "EndTime" is not valid: {why}.'),
    "InvalidParam.TypeAndCpuMem.Conflict": (
        403,
        "The specified 'InstanceType' and 'Cores','Memory' are not blank at the same time.",
    ),
    "InvalidSpotStrategy": (400, "The specified SpotStrategy is not valid."),
    "InvalidSpotPriceLimit": (400, "The specified SpotPriceLimit is not valid."),
    "InvalidSystemDiskSize.ValueNotSupported": (400, 'The specified parameter "{name}" is not valid: {why}.'),
    "InvalidSystemDiskSize.LessThanImageSize": (
        404,
        "The specified parameter SystemDisk.Size is less than the image size of {least} GiB.",
    ),
    "InvalidSystemDiskCategory.ValueNotSupported": (400, "The specified SystemDisk.Category is not valid."),
    "InvalidDataDiskSize.ValueNotSupported": (400, 'The specified parameter "{name}" is not valid: {why}.'),
    "InvalidDataDiskCategory.ValueNotSupported": (400, "The specified DataDisk.n.Category is not valid."),
    "InvalidKeyPairName.NotFound": (404, "The specified KeyPairName does not exist in our records."),
    "InvalidRamRole.NotFound": (404, "The specified RamRoleName does not exist."),
    "InvalidResourceGroup.NotFound": (404, "The ResourceGroup provided does not exist in our records."),
    "InvalidHpcClusterId.NotFound": (400, "The specified HpcClusterId is not found."),
    "InvalidLockReason.NotFound": (404, "The specified LockReason is not found"),
    "InvalidDiskChargeType.NotFound": (404, "The DiskChargeType does not exist in our records"),
    "InvalidDiskIds.Malformed": (403, "The amount of specified disk Ids exceeds the limit."),
    "InvalidParameter.KMSKeyId.NotFound": (404, "The specified KMSKeyId does not exist."),
    "InvalidAutoRenewPeriod.ValueNotSupported": (400, "The specified autoRenewPeriod is not valid."),
    "InvalidIoOptimizedValue.ValueNotSupported": (400, "IoOptimized value not supported."),
    "InvalidSpotInterruptionBehavior": (400, "The specified SpotInterruptionBehavior is not valid."),
    "InvalidSpotInterruptionBehavior.ClassicNetworkNotSupport": (
        403,
        "The specified SpotInterruptionBehavior does not support Classic network Instance.",
    ),
    "InvalidSpotInterruptionBehavior.LocalDiskNotSupport": (
        403,
        "The specified SpotInterruptionBehavior does not support local disk instance.",
    ),
    "InvalidHttpEndpoint.NotSupported": (400, "HttpEndpoint is enabled or disabled."),
    "InvalidHttpTokens.NotSupported": (400, "HttpTokens is optional or required."),
    "InvalidHttpPutResponseHopLimit.NotSupported": (400, "HttpPutResponseHopLimit is 1 to 64."),
    "MissingParameter.PrivatePoolOptionsId": (400, "The specified PrivatePoolOptions.Id should not be null."),
    "Invalid.PrivatePoolOptionsId": (400, "The specified PrivatePoolOptions.Id is invalid."),
    "InvalidSpotDuration": (400, "The specified SpotDuration is not valid."),
    "InvalidFilterKey.NotFound": (404, "The specified filter is not valid: {why}."),
    "InvalidDataDiskSnapshotId.NotFound": (404, "The specified DataDisk.n.SnapshotId does not exist."),
    "InvalidDiskName.Malformed": (400, "The specified disk name is not valid."),
    "InvalidDiskDescription.Malformed": (400, "The specified disk description is not valid."),
    "NotSupported": (405, "The instance does not support this operation."),
    "InvalidParameter.Mismatch": (400, "Too many parameters in one request."),
    "InvalidStatus.ValueNotSupported": (403, "The current status of the resource does not support this operation."),
    "CategoryViolation": (
        403,
        "The specified instance does not support this operation because of its disk category.",
    ),
    "InstanceType.Offline": (403, "The specified InstanceType has been offline"),
    "DependencyViolation.InstanceType": (
        400,
        "The current InstanceType cannot be changed to the specified InstanceType.",
    ),
    "InvalidParam.SystemDiskCategory": (400, "The specified param SystemDisk.Category is not valid."),
    "InvalidParam.AllocatePublicIp": (400, "The specified param AllocatePublicIp is invalid."),
    "InvalidInternetMaxBandwidthIn.ValueNotSupported": (
        400,
        "The specified InternetMaxBandwidthIn is beyond the permitted range.",
    ),
    "InvalidInternetMaxBandwidthOut.ValueNotSupported": (
        400,
        "The specified InternetMaxBandwidthOut is beyond the permitted range.",
    ),
    "InvalidStartTime.ValueNotSupported": (400, "The specified StartTime is not valid: {why}."),
    "InvalidBandwidth.ValueNotSupported": (
        400,
        "Instance upgrade bandwidth of temporary not allow less then existed.",
    ),
    "AllocateIpInvalidInstanceBandwidth": (
        400,
        "The InternetMaxBandwidthOut of the specified instance cannot be less than 0.",
    ),
    "OperationDenied": (400, "Specified operation is denied as your instance is not in VPC."),
    "InvalidPrivateIp.Changing": (400, "Previous action is not finished yet."),
    "InvalidPrivateIpAddress.Mismatch": (
        400,
        "Specified private IP address is not in the CIDR block of virtual switch.",
    ),
    "InvalidVSwitchId.Mismatch": (400, "Specified instance and virtual switch are not in the same zone."),
    "InstanceSecurityGroupLimitExceeded": (
        400,
        "Exceeding the allowed amount of security groups that an instance can be in.",
    ),
    "InvalidInstanceId.AlreadyExists": (403, "The specified instance already exists in the specified security group."),
    "InstanceLastSecurityGroup": (403, "The instance must belong to at least one security group."),
    "InvalidSecurityGroupAssociation.NotFound": (404, "The instance is not in the specified security group."),
    "InvalidInstanceNetworkType.NotSupport": (403, "The network type of the instance does not support this operation."),
    "InvalidVSwitchId.NotFound": (404, "The specified VSwitchId does not exist."),
    "InvalidSecurityGroupId.NotFound": (404, "The specified SecurityGroupId does not exist."),
    "InvalidParameter.Conflict": (400, "The specified parameters are in conflict: {why}."),
    "InvalidParameter.NotMatch": (403, "The specified parameters do not match: {why}."),
    "InvalidMinAmount.Malformed": (400, 'The specified parameter "MinAmount" is not valid: {why}.'),
    "InvalidPrivateIpAddress": (400, "Specified private IP address is not in the CIDR block of virtual switch."),
    "InvalidPrivateIpAddress.Malformed": (400, "Specified private IP address is malformed."),
    "InvalidPrivateIpAddress.Duplicated": (400, "Specified private IP address is duplicated."),
    "InvalidParams.InstanceNameExceed": (
        403,
        "The uniqueSuffix takes three naming places, please shorten your InstanceName.",
    ),
    "InvalidParams.HostnameExceed": (403, "The uniqueSuffix takes three naming places, please shorten your Hostname."),
    "InvalidSpotPrepaid": (400, "The specified Spot type is not support PrePay Instance."),
    "InstanceType.ParameterMismatch": (
        403,
        'The input parameter "ConfirmStop" must be true when an instance have localstorage.',
    ),
    "NoSuchResource": (404, "The specified resource is not found."),
    "InvalidAutoReleaseTime.Malformed": (400, 'The specified parameter "AutoReleaseTime" is not valid: {why}.'),
    "OperationDenied.NoStock": (
        403,
        "The requested resource is sold out in the specified zone; try other types of resources or other regions and zones.",
    ),
    "InvalidLaunchTemplate.NotFound": (404, "The specified launch template does not exist."),
    "InvalidLaunchTemplateVersion.NotFound": (404, "The specified launch template version does not exist."),
    "InvalidLaunchTemplateName.Malformed": (400, "The specified LaunchTemplateName is not valid."),
    "LaunchTemplateName.Duplicated": (400, "The specified LaunchTemplateName already exists."),
    "LaunchTemplateLimitExceed": (403, "The number of launch templates exceeds the limit."),
    "LaunchTemplateVersionLimitExceed": (403, "The number of versions of the launch template exceeds the limit."),
    "InvalidOperation.DeleteDefaultVersion": (403, "The default version of a launch template cannot be deleted."),
    "InvalidDedicatedHostId.NotFound": (404, "The specified DedicatedHostId does not exist."),
    # Resources and tags
    "InvalidSecurityGroupName.Malformed": (400, 'The specified parameter "SecurityGroupName" is not valid.'),
    "InvalidVpcId.NotFound": (404, "The specified VpcId does not exist."),
    "DependencyViolation": (403, "There is still instance(s) in the specified security group."),
    "InvalidTagCount": (400, "The specified tags are beyond the permitted range."),
    "InvalidTag.Mismatch": (400, "The specified Tag.n.Key and Tag.n.Value are not match."),
    "InvalidTagKey.Malformed": (400, "The specified Tag.n.Key is not valid."),
    "InvalidTagValue.Malformed": (400, "The specified Tag.n.Value is not valid."),
    "Duplicate.TagKey": (400, "The Tag.N.Key contain duplicate key."),
    "LimitExceeded.Tags": (400, "The number of tags of a resource exceeds the limit."),
    "InvalidResourceType.NotFound": (404, "The ResourceType provided does not exist in our records."),
    "InvalidResourceId.NotFound": (404, "The specified ResourceId does not exist."),
    "DRYRUN.SUCCESS": (400, "Request validation has been passed with DryRun flag set."),
    # Deployment sets
    "DEPLOYMENTSET.QUOTA_FULL": (400, "The deploymentSet quota is full"),
    "InvalidDeploymentSetName.Malformed": (400, "Specified deployment set name is not valid."),
    "InvalidParameter.Strategy": (400, 'The specified parameter "Strategy" is not valid'),
    "InvalidParameter.Domain": (400, 'The specified parameter "Domain" is not valid.'),
    "InvalidParameter.granularity": (400, 'The specified parameter "Granularity" is not valid.'),
    "InvalidDeploymentSetId.NotFound": (400, "The specified DeploymentSetId does not exist."),
    "InvalidDeploymentSetIds.TooManyInput": (403, "The parameter DeploymentSets size should less than 100."),
    "DependencyViolation.NotEmpty": (403, "There are still instance(s) in the specified DeploymentSetId."),
    "DeploymentSet.NotFound": (404, "The specified deployment set does not exist."),
    "DeploymentSet.InvalidId": (400, "The specified Deployment Set id doesn't exist."),
    "DeploymentSet.InstanceLimitExceeded": (
        403,
        "The number of instances on the specified Deployment Set has reached the limit.",
    ),
    "DeploymentSet.ModificationFailed": (403, "The modification of deployment set is currently impossible."),
    "QuotaExceed.DeploymentSetInstanceQuotaFull": (403, "instance quota in one deployment set exceeded."),
    "InvalidParam.Tenancy": (400, "The specified parameter Tenancy is not valid."),
    "InvalidDeploymentOnHost": (400, "A deployment set and a dedicated host exclude each other."),
    # Cloud Assistant
    **{
        f"MissingParameter.{name}": (400, _MISSING)
        for name in "RegionId Name Type CommandContent CommandId InstanceIds InvokeId TargetDir Content".split()
    },
    "MissingParameter.Frequency": (400, "The frequency parameter must exist when create a timed Invocation."),
    "MissingParam.Frequency": (403, "The frequency must be specified when you create a timed task."),
    "CmdContent.ExceedLimit": (403, "The length of the command content exceeds the upper limit."),
    "Invalid.CommandContent": (400, "The specified CommandContent is not valid or exceed max"),
    "CmdParam.EmptyKey": (403, "A placeholder in the command has no name."),
    "CmdParam.InvalidParamName": (403, "The name of a placeholder in the command is not valid."),
    "CmdParamName.ExceedLimit": (403, "The name of a placeholder in the command exceeds the upper limit."),
    "Parameter.Disabled": (404, "The command takes no parameters."),
    "Parameter.NotMatched": (403, "A parameter is given for which the command has no placeholder."),
    "ParameterCount.ExceedLimit": (403, "The number of parameters exceeds the upper limit."),
    "ParameterKey.Duplicate": (403, "A parameter is given twice."),
    "ParameterKey.ExceedLimit": (403, "The name of a parameter exceeds the upper limit."),
    "Username.ExceedLimit": (403, "The length of the user name exceeds the upper limit."),
    "CmdName.ExceedLimit": (403, "The length of the command name exceeds the upper limit."),
    "CmdDesc.ExceedLimit": (403, "The length of the command description exceeds the upper limit."),
    "CmdCount.ExceedQuota": (403, "The total number of commands in the current region exceeds the quota."),
    "InvalidCmdType.NotFound": (404, "The specified command type does not exist"),
    "InvalidCmdId.NotFound": (404, "The specified commandId does not exist."),
    "InvalidStatus.CmdIdInUse": (403, "An invocation of the specified commandId is still running."),
    "InvalidInstance.NotFound": (404, "The specified instances does not exist."),
    "InvalidInstanceStatus": (400, "The specified instance's status can not execute this operation"),
    "InvalidInstance.NoClient": (400, "The specified instances have no cloud assistant client installed."),
    "InvalidInstance.NotVpc": (400, "The specified instances must be VPC instances."),
    "InvalidInstance.NotMatch": (403, "The specified instance type does not match the command."),
    "InstanceIds.ExceedLimit": (403, "The number of instance IDs exceeds the upper limit."),
    "Invocation.ExceedQuota": (403, "The invocation quota in the current region has been reached for today."),
    "InvalidParam.Frequency": (403, "The specified frequency is invalid: {why}."),
    "InvalidParam.pageNumber": (403, "The specified parameter is invalid."),
    "InvalidParam.PageNumber": (403, "The specified parameter is invalid."),
    "InvalidParam.PageSize": (403, "The specified parameter is invalid."),
    "InvalidOperation.CloudAssistantVersionUnsupported": (
        403,
        "The agent of a target is too old for an invocation that was changed.",
    ),
    "InvalidInvokeId.NotFound": (400, "The specified InvokeId does not exist."),
    "ActivationId.InUse": (403, "The specified activation id is in use."),
    "QuotaExceed.Activation": (403, "The number of activations in the current region exceeds the quota."),
    "FileSize.ExceedLimit": (403, "The length of file content exceeds limit."),
    "FileName.ExceedLimit": (403, "The length of file name exceeds limit."),
    "FileDesc.ExceedLimit": (403, "The length of file description exceeds limit."),
    "FileTargetDir.Invalid": (403, "The target directory of file is invalid."),
    "FileMode.Invalid": (403, "The mode of file is invalid."),
    "FileContent.DecodeError": (403, "The Content can not be base64 decoded."),
    "FileContentType.Invalid": (403, "The ContentType of file is invalid."),
    # Billing
    "InvalidParameter.InstanceIds": (400, "The specified InstanceIds are invalid."),
    "InstancesIdQuotaExceed": (400, "The maximum number of Instances is exceeded."),
    "InvalidInstanceChargeType.ValueNotSupported": (400, "The specified InstanceChargeType is not supported."),
    "ExpiredInstance": (400, "The specified instance has expired."),
    "ReleaseTimeHaveBeenSet": (400, "The specified instance has been set released time."),
    # The service writes it so.
    "QuotaExceed.RufundVcpu": (400, "The maximum number of refund vcpu is exceeded: {most} vCPU hours a month."),
    "Account.Arrearage": (400, "Your account has been in arrears."),
    "InvalidAccountStatus.NotEnoughBalance": (403, "Your account does not have enough balance."),
    "InvalidInstance.PreInstanceExpired": (403, "The subscription of the instance has expired."),
    "OperationDenied.LocalDiskUnsupported": (
        403,
        "The configuration change is not allowed when the specified instance has local disks mounted.",
    ),
    "InvalidStatus.NotStopped": (400, "Instance status must be stopped."),
    "InvalidRebootTime.MalFormed": (400, "The specified rebootTime is not valid: {why}."),
    "InvalidRebootTime.ValueNotSupported": (400, "The specified RebootTime is not valid."),
    "OrderCreationFailed": (400, "Order creation failed, please check your params and try it again later."),
    "InvalidDiskCategory.Missing": (
        400,
        "The {name} parameter that is mandatory for processing the request is not provided.",
    ),
    "InvalidDiskId.NotFound": (404, "The specified disk does not exist."),
    "PriceNotFound": (
        400,
        "The price of your queried resource is not available now, please try other resources.",
    ),
    "IdempotenceParamNotMatch": (
        400,
        "Request uses a client token in a previous request but is not identical to that request.",
    ),
    "InvalidPeriodUnit.ValueNotSupported": (400, 'The specified parameter "PeriodUnit" is not valid.'),
    "InvalidParameter.ToManyInstanceIds": (403, 'The specified parameter "InstanceId" names more than 100 instances.'),
    "InvalidParameter.InvalidInstanceId": (
        403,
        'The specified parameter "InstanceId" names an instance that does not exist.',
    ),
    "InvalidParameter.Duration": (403, 'The specified parameter "Duration" is not valid.'),
    "InvalidParameter.RenewalStatus": (403, 'The specified parameter "RenewalStatus" is not valid.'),
    "InvalidPayType.NotSupport": (404, "The specified pre pay instance not support."),
    "ReactivateInstances.InstanceStatusNotValid": (
        403,
        "Instance status is not Expired, ImageExpired or EcsAndImageExpired.",
    ),
    "ReactivateInstances.InstanceNotEnoughBalance": (403, "Reactivate instance must have enough account balance."),
    # System events
    "InvalidParameter.TimeEndBeforeStart": (403, "The specified time range of {name} ends before it starts."),
    "InstanceIdLimitExceeded": (403, "The amount of InstanceId specified exceeds limit 100."),
    "EventIdLimitExceeded": (403, "The amount of EventId specified exceeds limit 100."),
    "InvalidNotBefore.Passed": (400, "The NotBefore of system event has passed."),
    "SimulatedEventLimitExceeded": (400, "The amount of active simulated system event exceeds limit."),
    "InvalidEventId.NotFound": (403, "Cannot find EventId."),
    "InvalidEventId.NoInquiringEventFound": (404, "There is no event of this id that awaits an answer."),
    "CannotCancelSystemEvent.NotSimulated": (403, "Cannot cancel system event generated by system."),
    "InvalidPlanWindowId.NotFound": (404, "The specified PlanWindowId does not exist."),
    "DiskIdLimitExceeded": (403, "The amount of DiskId specified exceeds limit 100."),
    "InvalidTaskId.NotFound": (400, 'The specified "TaskId" is not found.'),
    "InvalidTaskId.TaskActionNotSupport": (403, "The specified task action not support."),
    "InvalidTaskId.IncorrectTaskStatus": (403, "The specified task status is invalid."),
    "InvalidOperation.RedeployInstance": (403, "There are no maintenance events found on the instance"),
    # Key pairs, rules of security groups, disks
    **RESOURCE_CODES,
}


class ApiError(Exception):
    """An answer that refuses: a documented code, its HTTP status and a message.

    Raised by every backend for every refused call, with nothing changed and nothing sent. A code outside the table
    needs its own message and status.

    Args:
        code: the wire's `Code`, such as `IncorrectInstanceStatus`.
        message: the wire's `Message`; the documented one when left out.
        status: the HTTP status; the documented one when left out, 400 for a code without one.
    """

    def __init__(self, code: str, message: str | None = None, status: int | None = None) -> None:
        known_status, known_message = CODES.get(code, (400, code))
        self.code: Final = code
        self.message: Final = known_message if message is None else message
        self.status: Final = known_status if status is None else status
        self.request_id: str | None = None
        #: Milliseconds that the caller should wait before it tries again, where the service says so.
        self.retry_after: int | None = None
        # What a copy, and one that comes out of another process, is made from.
        super().__init__(self.code, self.message, self.status)

    def __str__(self) -> str:
        return f"{self.code} ({self.status}): {self.message}"

    @classmethod
    def of(cls, code: str, **words: object) -> ApiError:
        """The error of a documented code, the placeholders of its message filled in with `words`."""
        return cls(code, CODES[code][1].format(**words))


def came_later(message: str, since: Date, edition: Date) -> str:
    """The message of a refusal of what a later edition has, with both editions."""
    return f"{message} It is there from edition {date_text(since)} on; this region is of {date_text(edition)}."

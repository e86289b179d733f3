"""The constructs one by one, with a key, a role and a topic that others define.

    npx cdk deploy --all --app 'python examples/bring-your-own/app.py'
"""
from aws_cdk import App, Duration, Stack, aws_ec2 as ec2, aws_iam as iam, aws_kms as kms, aws_sns as sns
from cdk_diagnostic_interrupt import (
    CrashDumpBucket, CrashDumpResponse, DiagnosticInterrupt, DumpContents, KdumpAssociation, KdumpTargets, UnresponsiveAlarm,
)

app = App()

platform = Stack(app, "Platform")
key = kms.Key(platform, "Key", enable_key_rotation=True)
topic = sns.Topic(platform, "OnCall", master_key=key)
instance = ec2.Instance(
    platform, "Database",
    vpc=ec2.Vpc(platform, "Vpc", max_azs=1, subnet_configuration=[
        ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
    ]),
    instance_type=ec2.InstanceType("r6i.large"),
    machine_image=ec2.MachineImage.latest_amazon_linux2023(),
    block_devices=[ec2.BlockDevice(device_name="/dev/xvda", volume=ec2.BlockDeviceVolume.ebs(64, encrypted=True))],
    require_imdsv2=True,
    ssm_session_permissions=True,
)

stack = Stack(app, "BringYourOwn")
kdump = KdumpAssociation(stack, "Kdump", targets=KdumpTargets.instance(instance))
# By its name: a role of another stack would have to refer to what this stack defines.
role = iam.Role.from_role_name(stack, "Role", "crash-diagnostics")
interrupt = DiagnosticInterrupt(stack, "Interrupt", kdump=kdump, role=role, encryption_key=key)
response = CrashDumpResponse(
    stack, "Response",
    interrupt=interrupt,
    contents=DumpContents.KERNEL_LOG_AND_VMCORE,
    bucket=CrashDumpBucket(stack, "Dumps", encryption_key=key, expiration=Duration.days(30)),
    topic=topic,
    encryption_key=key,
)
response.add_alarm(UnresponsiveAlarm(stack, "Unresponsive", instance=instance))
app.synth()

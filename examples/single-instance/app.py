"""One instance that leaves a crash dump when it hangs.

    npx cdk deploy --app 'python examples/single-instance/app.py'
"""
from aws_cdk import App, Stack, aws_ec2 as ec2
from cdk_diagnostic_interrupt import CrashDiagnostics, KdumpTargets, RebootPolicy

app = App()
stack = Stack(app, "SingleInstance")

vpc = ec2.Vpc(stack, "Vpc", max_azs=1, subnet_configuration=[
    ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
])
web = ec2.Instance(
    stack, "Web",
    vpc=vpc,
    instance_type=ec2.InstanceType("t3.small"),
    machine_image=ec2.MachineImage.from_ssm_parameter("/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"),
    # A dump lies on the root volume until somebody fetches it, and it is a secret.
    block_devices=[ec2.BlockDevice(device_name="/dev/sda1", volume=ec2.BlockDeviceVolume.ebs(16, encrypted=True))],
    detailed_monitoring=True,
    disable_api_termination=True,
    require_imdsv2=True,
    ssm_session_permissions=True,  # makes it a managed node of Systems Manager
)

CrashDiagnostics(stack, "CrashDiagnostics", targets=KdumpTargets.instance(web), reboot_policy=RebootPolicy.when_required())
app.synth()

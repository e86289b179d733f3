"""An Auto Scaling group whose instances leave a crash dump when they hang, instead of being replaced before it is written.

    npx cdk deploy --app 'python examples/auto-scaling-group/app.py'
"""
from aws_cdk import App, Stack, aws_autoscaling as autoscaling, aws_ec2 as ec2, aws_iam as iam
from cdk_diagnostic_interrupt import CrashDiagnostics, KdumpTargets, RebootPolicy

app = App()
stack = Stack(app, "AutoScalingGroup")

vpc = ec2.Vpc(stack, "Vpc", max_azs=2, subnet_configuration=[
    ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
])
launch_template = ec2.LaunchTemplate(
    stack, "Template",
    instance_type=ec2.InstanceType("t3.small"),
    machine_image=ec2.MachineImage.from_ssm_parameter("/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"),
    security_group=ec2.SecurityGroup(stack, "SecurityGroup", vpc=vpc),
    block_devices=[ec2.BlockDevice(device_name="/dev/sda1", volume=ec2.BlockDeviceVolume.ebs(16, encrypted=True))],
    require_imdsv2=True,
    # Makes the instances managed nodes of Systems Manager.
    role=iam.Role(
        stack, "Role",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("AmazonSSMManagedInstanceCore")],
    ),
)
group = autoscaling.AutoScalingGroup(stack, "Web", vpc=vpc, launch_template=launch_template, min_capacity=1, max_capacity=3)

CrashDiagnostics(
    stack, "CrashDiagnostics",
    targets=KdumpTargets.auto_scaling_group(group),
    reboot_policy=RebootPolicy.when_required(),
)
app.synth()

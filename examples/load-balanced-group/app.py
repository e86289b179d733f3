"""An Auto Scaling group behind a load balancer, armed before it serves.

    npx cdk deploy --app 'python examples/load-balanced-group/app.py'
"""
from aws_cdk import (
    App, Duration, Stack, aws_autoscaling as autoscaling, aws_ec2 as ec2, aws_elasticloadbalancingv2 as elbv2, aws_iam as iam,
)
from cdk_diagnostic_interrupt import CrashDiagnostics, KdumpTargets, LaunchTimeKdump, RebootPolicy

app = App()
stack = Stack(app, "LoadBalancedGroup")

vpc = ec2.Vpc(stack, "Vpc", max_azs=2, subnet_configuration=[
    ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
])
role = iam.Role(
    stack, "Role",
    assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
    managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("AmazonSSMManagedInstanceCore")],
)
user_data = ec2.UserData.for_linux()
user_data.add_commands("dnf install -y nginx", "systemctl enable nginx")
# Armed by the one reboot that its first boot ends with, before the load balancer finds it healthy.
LaunchTimeKdump(stack, "LaunchTimeKdump").add_to(user_data, role)

launch_template = ec2.LaunchTemplate(
    stack, "Template",
    instance_type=ec2.InstanceType("m5.large"),
    machine_image=ec2.MachineImage.latest_amazon_linux2023(),
    security_group=ec2.SecurityGroup(stack, "SecurityGroup", vpc=vpc),
    block_devices=[ec2.BlockDevice(device_name="/dev/xvda", volume=ec2.BlockDeviceVolume.ebs(32, encrypted=True))],
    require_imdsv2=True,
    role=role,
    user_data=user_data,
)
group = autoscaling.AutoScalingGroup(
    stack, "Web",
    vpc=vpc,
    launch_template=launch_template,
    min_capacity=2,
    max_capacity=4,
    # A machine that hangs fails the load balancer's check first; the workflow keeps it in the group while it dumps.
    health_checks=autoscaling.HealthChecks.with_additional_checks(
        additional_types=[autoscaling.AdditionalHealthCheckType.ELB], grace_period=Duration.minutes(10),
    ),
)
listener = elbv2.ApplicationLoadBalancer(stack, "LoadBalancer", vpc=vpc).add_listener("Http", port=80, open=False)
listener.add_targets("Web", port=80, targets=[group])

CrashDiagnostics(
    stack, "CrashDiagnostics",
    targets=KdumpTargets.auto_scaling_group(group),
    reboot_policy=RebootPolicy.when_required(),
)
app.synth()

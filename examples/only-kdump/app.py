"""Instances that write a crash dump when their kernel panics. Nothing is watched and nothing is interrupted.

    npx cdk deploy --app 'python examples/only-kdump/app.py'
"""
from aws_cdk import App, Stack, aws_ec2 as ec2
from cdk_diagnostic_interrupt import InstanceKdump

app = App()
stack = Stack(app, "OnlyKdump")

vpc = ec2.Vpc(stack, "Vpc", max_azs=1, subnet_configuration=[
    ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
])
kdump = InstanceKdump()
for name in ["Web", "Worker"]:
    ec2.Instance(
        stack, name,
        vpc=vpc,
        instance_type=ec2.InstanceType("t4g.small"),  # Graviton: dumped at a panic, though it cannot be interrupted
        machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
        block_devices=[ec2.BlockDevice(device_name="/dev/xvda", volume=ec2.BlockDeviceVolume.ebs(16, encrypted=True))],
        require_imdsv2=True,
        ssm_session_permissions=True,
    ).with_(kdump)
app.synth()

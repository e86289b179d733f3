"""An alarm that is there already gets the interrupt as one more action. It does not collect the dump: see the example bring-your-own.

    npx cdk deploy --app 'python examples/existing-alarm/app.py'
"""
from aws_cdk import App, Duration, Stack, aws_cloudwatch as cloudwatch, aws_ec2 as ec2
from cdk_diagnostic_interrupt import DiagnosticInterrupt, DiagnosticInterruptAction, KdumpAssociation, KdumpTargets

app = App()
stack = Stack(app, "ExistingAlarm")

instance = ec2.Instance(
    stack, "Web",
    vpc=ec2.Vpc(stack, "Vpc", max_azs=1, subnet_configuration=[
        ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
    ]),
    instance_type=ec2.InstanceType("t3.small"),
    machine_image=ec2.MachineImage.latest_amazon_linux2023(),
    require_imdsv2=True,
    ssm_session_permissions=True,
)
alarm = cloudwatch.Alarm(
    stack, "InstanceCheck",
    metric=cloudwatch.Metric(
        namespace="AWS/EC2",
        metric_name="StatusCheckFailed_Instance",
        dimensions_map={"InstanceId": instance.instance_id},
        statistic="Maximum",
        period=Duration.minutes(1),
    ),
    threshold=1,
    evaluation_periods=3,
)

# These are new. They belong into the stack of the alarm: it would refer to another stack that refers to the instance.
kdump = KdumpAssociation(stack, "Kdump", targets=KdumpTargets.instance(instance))
interrupt = DiagnosticInterrupt(stack, "Interrupt", kdump=kdump)
alarm.add_alarm_action(DiagnosticInterruptAction.of(interrupt))
app.synth()

"""An instance to rehearse on, by a deployment or by an experiment of AWS FIS. Both crash it.

    npx cdk deploy --app 'python examples/game-day/app.py'
    npx cdk deploy --app 'python examples/game-day/app.py' --context revision=2026-11-24
"""
from aws_cdk import App, CfnOutput, Stack, aws_ec2 as ec2, aws_fis as fis, aws_iam as iam, aws_ssm as ssm
from cdk_diagnostic_interrupt import CrashDiagnostics, InterruptOccasion, InterruptReadiness, InterruptTrigger, KdumpTargets, RebootPolicy

app = App()
stack = Stack(app, "GameDay")
revision = app.node.try_get_context("revision")

instance = ec2.Instance(
    stack, "Rehearsal",
    vpc=ec2.Vpc(stack, "Vpc", max_azs=1, subnet_configuration=[
        ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
    ]),
    instance_type=ec2.InstanceType("t3.small"),
    machine_image=ec2.MachineImage.latest_amazon_linux2023(),
    block_devices=[ec2.BlockDevice(device_name="/dev/xvda", volume=ec2.BlockDeviceVolume.ebs(16, encrypted=True))],
    require_imdsv2=True,
    ssm_session_permissions=True,
)
diagnostics = CrashDiagnostics(
    stack, "CrashDiagnostics",
    targets=KdumpTargets.instance(instance),
    reboot_policy=RebootPolicy.when_required(),
)
ready = InterruptReadiness(stack, "Readiness", interrupt=diagnostics.interrupt)

# By deployment: kdump, interrupt and dump, without a hang and without the alarm.
if revision:
    trigger = InterruptTrigger(
        stack, "Trigger",
        interrupt=diagnostics.interrupt,
        instance=instance,
        occasion=InterruptOccasion.game_day("Rehearsal of a crash dump"),
        revision=revision,
    )
    trigger.node.add_dependency(ready)
    CfnOutput(stack, "Decision", value=trigger.decision)
    CfnOutput(stack, "Reason", value=trigger.reason)

# By AWS FIS: the instance loses its network, as if it hung. Its status check fails, the alarm goes off, and all that follows is what
# follows in earnest. The reboot after the dump brings the network back; where the interrupt is refused, reboot the instance by hand.
hang = ssm.CfnDocument(
    stack, "LoseNetwork",
    document_type="Command",
    target_type="/AWS::EC2::Instance",
    content={
        "schemaVersion": "2.2",
        "mainSteps": [{
            "name": "LoseNetwork",
            "action": "aws:runShellScript",
            "inputs": {
                # Later, so that the command is reported as done.
                "runCommand": [
                    r"interface=$(ip -o route show default | sed 's/.* dev \([^ ]*\).*/\1/; q')",
                    'systemd-run --on-active=10 ip link set dev "$interface" down',
                ],
            },
        }],
    },
)
document = stack.format_arn(service="ssm", resource="document", resource_name=hang.ref)
target = stack.format_arn(service="ec2", resource="instance", resource_name=instance.instance_id)
role = iam.Role(stack, "ExperimentRole", assumed_by=iam.ServicePrincipal("fis.amazonaws.com"))
role.add_to_policy(iam.PolicyStatement(actions=["ssm:SendCommand"], resources=[document, target]))
role.add_to_policy(iam.PolicyStatement(actions=["ssm:ListCommands", "ssm:CancelCommand"], resources=["*"]))
role.add_to_policy(iam.PolicyStatement(actions=["ec2:DescribeInstances"], resources=["*"]))
experiment = fis.CfnExperimentTemplate(
    stack, "Experiment",
    description="The instance loses its network, as if it hung",
    role_arn=role.role_arn,
    stop_conditions=[fis.CfnExperimentTemplate.ExperimentTemplateStopConditionProperty(source="none")],
    targets={
        "Instance": fis.CfnExperimentTemplate.ExperimentTemplateTargetProperty(
            resource_type="aws:ec2:instance", resource_arns=[target], selection_mode="ALL",
        ),
    },
    actions={
        "LoseNetwork": fis.CfnExperimentTemplate.ExperimentTemplateActionProperty(
            action_id="aws:ssm:send-command",
            targets={"Instances": "Instance"},
            parameters={"documentArn": document, "duration": "PT5M"},
        ),
    },
    tags={"Name": "Rehearsal"},
)
experiment.node.add_dependency(ready)
CfnOutput(stack, "Alarm", value=diagnostics.alarms[0].alarm_name)
app.synth()

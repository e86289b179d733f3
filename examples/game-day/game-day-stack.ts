import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnExperimentTemplate } from 'aws-cdk-lib/aws-fis';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { CrashDiagnostics, InterruptOccasion, InterruptReadiness, InterruptTrigger, KdumpTargets, RebootPolicy } from '../../src';

export interface GameDayStackProps {
  /** Each new one crashes the instance once. @default - the instance is not crashed by the deployment */
  readonly revision?: string;
}

export class GameDayStack extends Stack {
  constructor(scope: Construct, id: string, { revision }: GameDayStackProps = {}) {
    super(scope, id);

    const vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 1, subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }] });
    const instance = new ec2.Instance(this, 'Rehearsal', {
      vpc,
      instanceType: new ec2.InstanceType('t3.small'),
      machineImage: ec2.MachineImage.latestAmazonLinux2023(),
      blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(16, { encrypted: true }) }],
      requireImdsv2: true,
      ssmSessionPermissions: true,
    });
    const { interrupt, alarms } = new CrashDiagnostics(this, 'CrashDiagnostics', {
      targets: KdumpTargets.instance(instance),
      rebootPolicy: RebootPolicy.whenRequired(),
    });
    const ready = new InterruptReadiness(this, 'Readiness', { interrupt });

    // By deployment: kdump, interrupt and dump, without a hang and without the alarm.
    if (revision) {
      const trigger = new InterruptTrigger(this, 'Trigger', {
        interrupt, instance, occasion: InterruptOccasion.gameDay('Rehearsal of a crash dump'), revision,
      });
      trigger.node.addDependency(ready);
      new CfnOutput(this, 'Decision', { value: trigger.decision });
      new CfnOutput(this, 'Reason', { value: trigger.reason });
    }

    // By AWS FIS: the instance loses its network, as if it hung. Its status check fails, the alarm goes off, and all that follows is what
    // follows in earnest. The reboot after the dump brings the network back; where the interrupt is refused, reboot the instance by hand.
    const hang = new CfnDocument(this, 'LoseNetwork', {
      documentType: 'Command',
      targetType: '/AWS::EC2::Instance',
      content: {
        schemaVersion: '2.2',
        mainSteps: [{
          name: 'LoseNetwork',
          action: 'aws:runShellScript',
          inputs: {
            // Later, so that the command is reported as done.
            runCommand: [
              "interface=$(ip -o route show default | sed 's/.* dev \\([^ ]*\\).*/\\1/; q')",
              'systemd-run --on-active=10 ip link set dev "$interface" down',
            ],
          },
        }],
      },
    });
    const document = this.formatArn({ service: 'ssm', resource: 'document', resourceName: hang.ref });
    const target = this.formatArn({ service: 'ec2', resource: 'instance', resourceName: instance.instanceId });
    const role = new iam.Role(this, 'ExperimentRole', { assumedBy: new iam.ServicePrincipal('fis.amazonaws.com') });
    role.addToPolicy(new iam.PolicyStatement({ actions: ['ssm:SendCommand'], resources: [document, target] }));
    role.addToPolicy(new iam.PolicyStatement({ actions: ['ssm:ListCommands', 'ssm:CancelCommand'], resources: ['*'] }));
    role.addToPolicy(new iam.PolicyStatement({ actions: ['ec2:DescribeInstances'], resources: ['*'] }));
    const experiment = new CfnExperimentTemplate(this, 'Experiment', {
      description: 'The instance loses its network, as if it hung',
      roleArn: role.roleArn,
      stopConditions: [{ source: 'none' }],
      targets: { Instance: { resourceType: 'aws:ec2:instance', resourceArns: [target], selectionMode: 'ALL' } },
      actions: {
        LoseNetwork: {
          actionId: 'aws:ssm:send-command',
          targets: { Instances: 'Instance' },
          parameters: { documentArn: document, duration: 'PT5M' },
        },
      },
      tags: { Name: 'Rehearsal' },
    });
    experiment.node.addDependency(ready);
    new CfnOutput(this, 'Alarm', { value: alarms[0].alarmName });
  }
}

import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { DiagnosticInterrupt, DiagnosticInterruptAction, KdumpAssociation, KdumpTargets } from '../../src';

export class ExistingAlarmStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);

    const instance = new ec2.Instance(this, 'Web', {
      vpc: new ec2.Vpc(this, 'Vpc', { maxAzs: 1, subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }] }),
      instanceType: new ec2.InstanceType('t3.small'),
      machineImage: ec2.MachineImage.latestAmazonLinux2023(),
      requireImdsv2: true,
      ssmSessionPermissions: true,
    });
    const alarm = new Alarm(this, 'InstanceCheck', {
      metric: new Metric({
        namespace: 'AWS/EC2',
        metricName: 'StatusCheckFailed_Instance',
        dimensionsMap: { InstanceId: instance.instanceId },
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      threshold: 1,
      evaluationPeriods: 3,
    });

    // These are new. They belong into the stack of the alarm: it would refer to another stack that refers to the instance.
    const kdump = new KdumpAssociation(this, 'Kdump', { targets: KdumpTargets.instance(instance) });
    const interrupt = new DiagnosticInterrupt(this, 'Interrupt', { kdump });
    alarm.addAlarmAction(DiagnosticInterruptAction.of(interrupt));
  }
}

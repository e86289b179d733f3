import { Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { CrashDiagnostics, DumpContents, KdumpTargets, RebootPolicy } from '../../src';

export interface AutoScalingGroupStackProps {
  /** What is brought from an instance to the bucket. @default - the kernel log */
  readonly contents?: DumpContents;
}

export class AutoScalingGroupStack extends Stack {
  constructor(scope: Construct, id: string, { contents }: AutoScalingGroupStackProps = {}) {
    super(scope, id);

    const vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }],
    });
    const group = new autoscaling.AutoScalingGroup(this, 'Web', {
      vpc,
      instanceType: new ec2.InstanceType('t3.small'),
      machineImage: ec2.MachineImage.fromSsmParameter('/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id'),
      minCapacity: 1,
      maxCapacity: 3,
      blockDevices: [{ deviceName: '/dev/sda1', volume: autoscaling.BlockDeviceVolume.ebs(16, { encrypted: true }) }],
      requireImdsv2: true,
      ssmSessionPermissions: true, // makes the instances managed nodes of Systems Manager
    });

    new CrashDiagnostics(this, 'CrashDiagnostics', {
      targets: KdumpTargets.autoScalingGroup(group),
      rebootPolicy: RebootPolicy.whenRequired(),
      contents,
    });
  }
}

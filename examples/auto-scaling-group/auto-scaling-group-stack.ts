import { Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
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
    const launchTemplate = new ec2.LaunchTemplate(this, 'Template', {
      instanceType: new ec2.InstanceType('t3.small'),
      machineImage: ec2.MachineImage.fromSsmParameter('/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id'),
      securityGroup: new ec2.SecurityGroup(this, 'SecurityGroup', { vpc }),
      blockDevices: [{ deviceName: '/dev/sda1', volume: ec2.BlockDeviceVolume.ebs(16, { encrypted: true }) }],
      requireImdsv2: true,
      // Makes the instances managed nodes of Systems Manager.
      role: new iam.Role(this, 'Role', {
        assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
        managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
      }),
    });
    const group = new autoscaling.AutoScalingGroup(this, 'Web', { vpc, launchTemplate, minCapacity: 1, maxCapacity: 3 });

    new CrashDiagnostics(this, 'CrashDiagnostics', {
      targets: KdumpTargets.autoScalingGroup(group),
      rebootPolicy: RebootPolicy.whenRequired(),
      contents,
    });
  }
}

import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { CrashDiagnostics, DumpContents, KdumpTargets, RebootPolicy, UnresponsiveSignal } from '../../src';

export interface SingleInstanceStackProps {
  /** What tells that the instance is unresponsive. @default - its status check */
  readonly signal?: UnresponsiveSignal;

  /** What is brought from the instance to the bucket. @default - the kernel log */
  readonly contents?: DumpContents;
}

export class SingleInstanceStack extends Stack {
  constructor(scope: Construct, id: string, { signal, contents }: SingleInstanceStackProps = {}) {
    super(scope, id);

    const vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 1,
      subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }],
    });
    const web = new ec2.Instance(this, 'Web', {
      vpc,
      instanceType: new ec2.InstanceType('t3.small'),
      machineImage: ec2.MachineImage.fromSsmParameter('/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id'),
      // A dump lies on the root volume until somebody fetches it, and it is a secret.
      blockDevices: [{ deviceName: '/dev/sda1', volume: ec2.BlockDeviceVolume.ebs(16, { encrypted: true }) }],
      detailedMonitoring: true,
      disableApiTermination: true,
      requireImdsv2: true,
      ssmSessionPermissions: true, // makes it a managed node of Systems Manager
    });

    new CrashDiagnostics(this, 'CrashDiagnostics', {
      targets: KdumpTargets.instance(web),
      rebootPolicy: RebootPolicy.whenRequired(),
      signal,
      contents,
    });
  }
}

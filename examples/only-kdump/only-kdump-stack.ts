import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { InstanceKdump } from '../../src';

export class OnlyKdumpStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);

    const vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 1, subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }] });
    const kdump = new InstanceKdump();
    for (const name of ['Web', 'Worker']) {
      new ec2.Instance(this, name, {
        vpc,
        instanceType: new ec2.InstanceType('t4g.small'), // Graviton: dumped at a panic, though it cannot be interrupted
        machineImage: ec2.MachineImage.latestAmazonLinux2023({ cpuType: ec2.AmazonLinuxCpuType.ARM_64 }),
        blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(16, { encrypted: true }) }],
        requireImdsv2: true,
        ssmSessionPermissions: true,
      }).with(kdump);
    }
  }
}

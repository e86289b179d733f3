/**
 * The constructs one by one, with a key, a role and a topic that others define.
 *
 *     npx cdk deploy --all --app 'npx tsx examples/bring-your-own/app.ts'
 */
import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { BringYourOwnStack } from './bring-your-own-stack';

const app = new App();
const platform = new Stack(app, 'Platform');
const key = new kms.Key(platform, 'Key', { enableKeyRotation: true });

new BringYourOwnStack(app, 'BringYourOwn', {
  key,
  roleName: 'crash-diagnostics',
  topic: new sns.Topic(platform, 'OnCall', { masterKey: key }),
  instance: new ec2.Instance(platform, 'Database', {
    vpc: new ec2.Vpc(platform, 'Vpc', { maxAzs: 1, subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }] }),
    instanceType: new ec2.InstanceType('r6i.large'),
    machineImage: ec2.MachineImage.latestAmazonLinux2023(),
    blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(64, { encrypted: true }) }],
    requireImdsv2: true,
    ssmSessionPermissions: true,
  }),
});

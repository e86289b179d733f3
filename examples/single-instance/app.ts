/**
 * One instance that leaves a crash dump when it hangs.
 */
import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CrashDiagnostics, KdumpTargets, RebootPolicy } from '../../src';

const app = new App();
const stack = new Stack(app, 'SingleInstance');

const vpc = new ec2.Vpc(stack, 'Vpc', {
  maxAzs: 1,
  subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }],
});

const web = new ec2.Instance(stack, 'Web', {
  vpc,
  instanceType: new ec2.InstanceType('t3.micro'),
  machineImage: ec2.MachineImage.lookup({ name: 'debian-12-amd64-*', owners: ['136693071363'] }),
  ssmSessionPermissions: true, // AmazonSSMManagedInstanceCore
});

new CrashDiagnostics(stack, 'CrashDiagnostics', {
  targets: KdumpTargets.instance(web),
  rebootPolicy: RebootPolicy.whenRequired(),
});

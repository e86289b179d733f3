// node synth-app.cjs LIBRARY|none KIND INSTANCES OUTDIR: an app of some size, with the library or without.
//
//   each    instances that are known at synth, 50 in a stack: as many as one CrashDiagnostics takes
//   fleet   the same instances, and one CrashDiagnostics in the first stack, by their tag
const { App, Stack, Tags } = require('aws-cdk-lib');
const ec2 = require('aws-cdk-lib/aws-ec2');

const [, , library, kind, instances, outdir] = process.argv;
const IN_A_STACK = 50;
const { CrashDiagnostics, KdumpTargets } = library === 'none' ? {} : require(library);

const app = new App({ outdir });
for (let first = 0; first < Number(instances); first += IN_A_STACK) {
  const stack = new Stack(app, `Web${first}`);
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-12345678', availabilityZones: ['eu-central-1a'], privateSubnetIds: ['subnet-12345678'] });
  const securityGroup = new ec2.SecurityGroup(stack, 'SecurityGroup', { vpc });
  const web = Array.from({ length: Math.min(IN_A_STACK, instances - first) }, (_, number) => new ec2.Instance(stack, `Instance${number}`, {
    vpc,
    securityGroup,
    instanceType: new ec2.InstanceType('m7i.large'),
    machineImage: ec2.MachineImage.genericLinux({ 'eu-central-1': 'ami-12345678' }),
    ssmSessionPermissions: true,
  }));
  if (kind === 'fleet') web.forEach(instance => Tags.of(instance).add('kdump', 'on'));
  if (library === 'none') continue;
  if (kind === 'each') new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: KdumpTargets.instances(...web) });
  else if (first === 0) new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: KdumpTargets.tag('kdump', 'on') });
}
app.synth();

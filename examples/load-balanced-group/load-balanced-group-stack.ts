import { Duration, Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { CrashDiagnostics, KdumpTargets, LaunchTimeKdump, RebootPolicy } from '../../src';

export class LoadBalancedGroupStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);

    const vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }] });
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    });
    const userData = ec2.UserData.forLinux();
    userData.addCommands('dnf install -y nginx', 'systemctl enable nginx');
    // Armed by the one reboot that its first boot ends with, before the load balancer finds it healthy.
    new LaunchTimeKdump(this, 'LaunchTimeKdump').addTo(userData, role);

    const launchTemplate = new ec2.LaunchTemplate(this, 'Template', {
      instanceType: new ec2.InstanceType('m5.large'),
      machineImage: ec2.MachineImage.latestAmazonLinux2023(),
      securityGroup: new ec2.SecurityGroup(this, 'SecurityGroup', { vpc }),
      blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(32, { encrypted: true }) }],
      requireImdsv2: true,
      role,
      userData,
    });
    const group = new autoscaling.AutoScalingGroup(this, 'Web', {
      vpc,
      launchTemplate,
      minCapacity: 2,
      maxCapacity: 4,
      // A machine that hangs fails the load balancer's check first; the workflow keeps it in the group while it dumps.
      healthChecks: autoscaling.HealthChecks.withAdditionalChecks({
        additionalTypes: [autoscaling.AdditionalHealthCheckType.ELB], gracePeriod: Duration.minutes(10),
      }),
    });
    const listener = new elbv2.ApplicationLoadBalancer(this, 'LoadBalancer', { vpc }).addListener('Http', { port: 80, open: false });
    listener.addTargets('Web', { port: 80, targets: [group] });

    new CrashDiagnostics(this, 'CrashDiagnostics', {
      targets: KdumpTargets.autoScalingGroup(group),
      rebootPolicy: RebootPolicy.whenRequired(),
    });
  }
}

import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { CfnInstance, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PermissionsBoundary, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  CircuitBreaker, CrashDiagnostics, DiagnosticInterrupt, DiagnosticInterruptProps, FleetWatch, KdumpAssociation, KdumpTargets,
} from '../../src';

process.env.CDK_VALIDATION = 'false';

function setUp(props: (stack: Stack) => Partial<DiagnosticInterruptProps>) {
  const stack = new Stack(new App(), 'Test', { env: { region: 'eu-west-1', account: '123456789012' } });
  const kdump = new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.tag('Kdump', 'on') });
  return { stack, interrupt: new DiagnosticInterrupt(stack, 'Interrupt', { kdump, ...props(stack) }) };
}

const policiesOf = (template: Template, role: unknown) => Object.values(template.findResources('AWS::IAM::Policy'))
  .filter(each => JSON.stringify(each.Properties.Roles).includes(JSON.stringify(role)));

describe('a role', () => {
  test('of the app gets the permissions, and no other role is made for the function', () => {
    const { stack } = setUp(s => ({ role: new Role(s, 'Mine', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }) }));
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', { Role: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Mine'), 'Arn'] } });
    expect(Object.keys(template.findResources('AWS::IAM::Role')).filter(id => id.startsWith('Interrupt'))).toEqual([]);
    const policy = JSON.stringify(template.findResources('AWS::IAM::Policy', { Properties: { PolicyName: Match.stringLikeRegexp('^Mine') } }));
    for (const action of ['ec2:SendDiagnosticInterrupt', 'dynamodb:PutItem', 'logs:PutLogEvents', 'sqs:SendMessage']) expect(policy).toContain(action);
  });

  test('that is imported gets them as a policy, which the function waits for', () => {
    const { stack } = setUp(s => ({ role: Role.fromRoleArn(s, 'Mine', 'arn:aws:iam::123456789012:role/mine') }));
    const template = Template.fromStack(stack);
    const [policy, ...others] = policiesOf(template, 'mine');
    expect(others).toEqual([]);
    expect(JSON.stringify(policy)).toContain('ec2:SendDiagnosticInterrupt');
    template.hasResource('AWS::Lambda::Function', {
      Properties: { Role: 'arn:aws:iam::123456789012:role/mine' },
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('^Mine')]),
    });
  });
});

describe.each<[string, Record<string, unknown>]>([['as they are', {}], ['merged', { '@aws-cdk/aws-iam:minimizePolicies': true }]])(
  'a role of two interrupts, the statements %s,', (_, context) => {
    test('may do what both need, by statements that IAM takes in one policy', () => {
      const stack = new Stack(new App({ context }), 'Test');
      const [role, dispatchRole] = ['lambda', 'ssm'].map(each => new Role(stack, each, { assumedBy: new ServicePrincipal(`${each}.amazonaws.com`) }));
      const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] });
      const targets = { Tagged: KdumpTargets.tag('Kdump', 'on'), Known: KdumpTargets.instance(new CfnInstance(stack, 'A')) };
      for (const [id, each] of Object.entries(targets)) {
        const kdump = new KdumpAssociation(stack, `Kdump${id}`, { targets: each, dispatchRole });
        new DiagnosticInterrupt(stack, id, { kdump, role, vpc, circuitBreaker: CircuitBreaker.atMostShare(10, Duration.hours(1)) });
      }
      const template = Template.fromStack(stack);
      const statements = (of: string) => Object.values(template.findResources('AWS::IAM::Policy'))
        .filter(each => each.Properties.PolicyName.startsWith(of)).flatMap(each => each.Properties.PolicyDocument.Statement);
      const sids = statements('lambda').map(each => each.Sid).filter(each => each !== undefined);
      expect(sids).toEqual([...new Set(sids)]);
      const about = (action: string) => JSON.stringify(statements('lambda').filter(each => [each.Action].flat().includes(action)));
      for (const tail of ['"Ref":"A"', '"aws:ResourceTag/Kdump":["on"]']) expect(about('ec2:SendDiagnosticInterrupt')).toContain(tail);
      for (const tail of ['"Ref":"A"', '"ssm:resourceTag/Kdump":["on"]']) expect(about('ssm:DescribeInstanceAssociationsStatus')).toContain(tail);
      for (const table of Object.keys(template.findResources('AWS::DynamoDB::Table'))) expect(about('dynamodb:PutItem')).toContain(table);
      for (const association of Object.keys(template.findResources('AWS::SSM::Association'))) expect(about('ssm:DescribeAssociation')).toContain(association);
      for (const tail of ['"Ref":"A"', '"ssm:resourceTag/Kdump":["on"]']) expect(JSON.stringify(statements('ssm'))).toContain(tail);
    });
  });

describe('a key', () => {
  test('encrypts the table and the queue, and the function may use it', () => {
    const { stack } = setUp(s => ({ encryptionKey: new Key(s, 'Key') }));
    const template = Template.fromStack(stack);
    const key = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] };
    template.hasResourceProperties('AWS::DynamoDB::Table', { SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key } });
    template.hasResourceProperties('AWS::SQS::Queue', { KmsMasterKeyId: key });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['kms:Decrypt', 'kms:Encrypt']), Resource: key })]) },
    });
  });

  const eventBridge = Match.objectLike({
    Principal: { Service: 'events.amazonaws.com' }, Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
  });

  test('lets EventBridge put what it cannot deliver into the queue, where there is a fleet', () => {
    const { stack, interrupt } = setUp(s => ({ encryptionKey: new Key(s, 'Key') }));
    interrupt.addFleetWatch(new FleetWatch(stack, 'Fleet'));
    Template.fromStack(stack).hasResourceProperties('AWS::KMS::Key', { KeyPolicy: { Statement: Match.arrayWith([eventBridge]) } });
  });

  test('lets EventBridge do nothing where there is none', () => {
    const { stack } = setUp(s => ({ encryptionKey: new Key(s, 'Key') }));
    Template.fromStack(stack).hasResourceProperties('AWS::KMS::Key', { KeyPolicy: { Statement: Match.not(Match.arrayWith([eventBridge])) } });
  });

  test('may be imported', () => {
    const arn = 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000';
    const { stack, interrupt } = setUp(s => ({ encryptionKey: Key.fromKeyArn(s, 'Key', arn) }));
    interrupt.addFleetWatch(new FleetWatch(stack, 'Fleet'));
    Template.fromStack(stack).hasResourceProperties('AWS::SQS::Queue', { KmsMasterKeyId: arn });
  });
});

test('a log group is written to, and no other is defined', () => {
  const { stack, interrupt } = setUp(s => ({ logGroup: LogGroup.fromLogGroupName(s, 'Logs', '/mine') }));
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Logs::LogGroup', 0);
  template.hasResourceProperties('AWS::Lambda::Function', { LoggingConfig: { LogGroup: '/mine', LogFormat: 'JSON' } });
  expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).toContain('log-group:/mine:*');
  expect(interrupt.logGroup.logGroupName).toBe('/mine');
});

test('a VPC is connected to, with the permissions that Lambda needs for it', () => {
  const { stack } = setUp(s => {
    const vpc = new Vpc(s, 'Vpc', { maxAzs: 2, subnetConfiguration: [{ name: 'Isolated', subnetType: SubnetType.PRIVATE_ISOLATED }] });
    return { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED }, securityGroups: [new SecurityGroup(s, 'Mine', { vpc })] };
  });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Lambda::Function', {
    VpcConfig: {
      SubnetIds: [{ Ref: Match.stringLikeRegexp('^VpcIsolatedSubnet1') }, { Ref: Match.stringLikeRegexp('^VpcIsolatedSubnet2') }],
      SecurityGroupIds: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^Mine'), 'GroupId'] }],
    },
  });
  const connect = Match.objectLike({ Action: Match.arrayWith(['ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface']) });
  const look = Match.objectLike({ Action: Match.arrayWith(['ec2:DescribeNetworkInterfaces']), Resource: '*' });
  template.hasResourceProperties('AWS::IAM::Policy', {
    Roles: [{ Ref: Match.stringLikeRegexp('^InterruptRole') }], PolicyDocument: { Statement: Match.arrayWith([look, connect]) },
  });
});

test('without a VPC there are no permissions for one', () => {
  expect(JSON.stringify(Template.fromStack(setUp(() => ({})).stack))).not.toContain('NetworkInterface');
});

test('a permissions boundary reaches every role', () => {
  const stack = new Stack(new App(), 'Test');
  PermissionsBoundary.of(stack).apply(ManagedPolicy.fromAwsManagedPolicyName('PowerUserAccess'));
  new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: KdumpTargets.tag('Kdump', 'on') });
  const roles = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role'));
  expect(roles.length).toBeGreaterThanOrEqual(2);
  for (const { Properties } of roles) expect(JSON.stringify(Properties.PermissionsBoundary)).toContain('PowerUserAccess');
});

test.each(['eu-west-1', 'cn-north-1', 'us-gov-west-1', undefined])('in the Region %s, no ARN names a partition', region => {
  const stack = new Stack(new App(), 'Test', region ? { env: { region, account: '123456789012' } } : {});
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] });
  new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: KdumpTargets.tag('Kdump', 'on') });
  const kdump = new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.tag('Other', 'on') });
  new DiagnosticInterrupt(stack, 'Interrupt', { kdump, vpc, encryptionKey: new Key(stack, 'Key') });
  const { Resources: { CDKMetadata, ...resources } } = Template.fromStack(stack).toJSON();
  expect(JSON.stringify(resources)).not.toMatch(/arn:aws/);
  expect(JSON.stringify(resources)).toContain('AWS::Partition');
});

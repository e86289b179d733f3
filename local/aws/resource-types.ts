import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arn } from './account';
import { AutoScaling } from './auto-scaling';
import { CloudAssembly } from './cloud-assembly';
import { CloudWatch } from './cloudwatch';
import { DynamoDb } from './dynamodb';
import { Ec2 } from './ec2';
import { EventBridge, rateMinutes } from './event-bridge';
import { Iam, Role } from './iam';
import { Lambda } from './lambda';
import { Machine } from './machine';
import { MONITORING_TYPES } from './monitoring-types';
import { Statement } from './policy';
import { Queues } from './queues';
import { S3 } from './s3';
import { Ssm } from './ssm';
import { StepFunctions } from './step-functions';

/** A resource to create: its properties are resolved. */
export interface ResourceRequest {
  readonly logicalId: string;
  /** Its path in the construct tree, as the CDK notes it in the cloud assembly. */
  readonly path?: string;
  /** The name that CloudFormation would make up. */
  readonly physicalName: string;
  readonly properties: Record<string, any>;
}

/** What the template's Ref and Fn::GetAtt of a resource give. */
export interface ResourceResult {
  readonly ref: string;
  readonly attributes: Record<string, string>;
}

export interface Services {
  readonly ec2: Ec2;
  readonly autoScaling: AutoScaling;
  readonly iam: Iam;
  readonly lambda: Lambda;
  readonly cloudwatch: CloudWatch;
  readonly events: EventBridge;
  readonly queues: Queues;
  readonly ssm: Ssm;
  readonly dynamodb: DynamoDb;
  readonly s3: S3;
  readonly stepFunctions: StepFunctions;
  readonly assembly: CloudAssembly;
  machine(request: ResourceRequest): Machine;
  /** The IDs of the instances of a group. */
  members(request: ResourceRequest): string[];
  /** Takes a directory that is to be removed when the local AWS is closed. */
  temporary(directory: string): void;
  log(line: string): void;
}

/** Types that make no difference here: the network and the disks are the machine's own business. */
export const IGNORED_TYPES = [
  'AWS::CDK::Metadata', 'AWS::IAM::InstanceProfile', 'AWS::KMS::Key', 'AWS::KMS::Alias',
  ...['EIP', 'FlowLog', 'InternetGateway', 'LaunchTemplate', 'NatGateway', 'Route', 'RouteTable', 'SecurityGroup', 'SecurityGroupEgress',
    'SecurityGroupIngress', 'Subnet', 'SubnetRouteTableAssociation', 'VPC', 'VPCEndpoint', 'VPCGatewayAttachment'].map(name => `AWS::EC2::${name}`),
  // Custom resources: nobody calls their function here.
  'Custom::InterruptReadiness', 'Custom::InterruptTrigger', 'AWS::CloudWatch::Dashboard',
];

type Create = (request: ResourceRequest, aws: Services) => ResourceResult;

/** How the resources of a template come to be, by type. */
export const RESOURCE_TYPES: Record<string, Create> = {
  'AWS::IAM::Role': ({ properties, physicalName }, { iam }) => {
    const role = new Role(properties.RoleName ?? physicalName, properties.AssumeRolePolicyDocument);
    for (const { PolicyName, PolicyDocument } of properties.Policies ?? []) role.attach(PolicyName, PolicyDocument);
    for (const policyArn of properties.ManagedPolicyArns ?? []) role.attachManaged(policyArn);
    iam.roles.set(role.name, role);
    return { ref: role.name, attributes: { Arn: role.arn, RoleId: 'AROALOCAL' } };
  },
  'AWS::IAM::Policy': attachPolicy,
  'AWS::IAM::ManagedPolicy': attachPolicy,
  'AWS::Logs::LogGroup': ({ properties, physicalName }) => {
    const name = properties.LogGroupName ?? physicalName;
    return { ref: name, attributes: { Arn: `${arn('logs', `log-group:${name}`)}:*` } };
  },
  'AWS::EC2::Instance': (request, { ec2, machine: machineOf }) => {
    const machine = machineOf(request);
    const { InstanceType, Tags = [] } = request.properties;
    if (InstanceType !== undefined && InstanceType !== machine.instanceType) {
      throw new Error(`The template says that ${request.logicalId} is a ${InstanceType}, the machine given for it is a ${machine.instanceType}. Give it a machine of that type.`);
    }
    const instance = ec2.instances.get(machine.instanceId) ?? ec2.launch(machine);
    for (const { Key, Value } of Tags) instance.tags[Key] = Value;
    return { ref: instance.id, attributes: { InstanceId: instance.id, AvailabilityZone: 'us-east-1a', PrivateIp: '10.0.0.10', PrivateDnsName: 'ip-10-0-0-10.ec2.internal' } };
  },
  'AWS::SSM::Document': ({ logicalId, properties, physicalName }, { ssm }) => {
    const name = properties.Name ?? physicalName;
    if ((properties.DocumentType ?? 'Command') !== 'Command') {
      throw new Error(`${logicalId} is a document of type ${properties.DocumentType}; the local stand plays Command documents only.`);
    }
    const content = typeof properties.Content === 'string' ? JSON.parse(properties.Content) : properties.Content;
    if (content?.schemaVersion !== '2.2') throw new Error(`${logicalId} must have schemaVersion 2.2 to be carried out by the local stand, got ${content?.schemaVersion}.`);
    ssm.documents.set(name, { name, content });
    return { ref: name, attributes: {} };
  },
  'AWS::SSM::Association': ({ logicalId, properties }, { ssm, iam, log }) => {
    const document = ssm.documents.get(properties.Name);
    if (!document) throw new Error(`Association ${logicalId} names the document ${properties.Name}, which does not exist.`);
    const roleArn: string | undefined = properties.AssociationDispatchAssumeRole;
    const dispatchRole = roleArn === undefined ? undefined : iam.roleByArn(roleArn);
    if (roleArn !== undefined && !dispatchRole) throw new Error(`Association ${logicalId} is to be dispatched by ${roleArn}, which does not exist.`);
    if (properties.WaitForSuccessTimeoutSeconds !== undefined) log(`ssm: the deployment does not wait for association ${logicalId} to succeed`);
    const association = ssm.stateManager.create({
      name: properties.AssociationName,
      document,
      parameters: properties.Parameters,
      targets: properties.Targets ?? (properties.InstanceId ? [{ Key: 'InstanceIds', Values: [properties.InstanceId] }] : []),
      rateMinutes: scheduleMinutes(logicalId, properties.ScheduleExpression, log),
      dispatchRole,
    });
    return { ref: association.id, attributes: { AssociationId: association.id } };
  },
  ...MONITORING_TYPES,
  'AWS::Lambda::Function': ({ logicalId, properties, physicalName }, { iam, lambda, assembly, temporary }) => {
    const role = iam.roleByArn(properties.Role);
    if (!role) throw new Error(`Function ${logicalId} has the role ${properties.Role}, which does not exist.`);
    if (properties.Layers?.length) throw new Error(`Function ${logicalId} has layers; the local stand runs functions without layers only.`);
    const name = properties.FunctionName ?? physicalName;
    const { arn: functionArn } = lambda.create({
      name,
      runtime: properties.Runtime,
      handler: properties.Handler,
      codeDirectory: codeDirectory(properties.Code, assembly, temporary),
      timeoutSeconds: properties.Timeout ?? 3,
      memoryMiB: properties.MemorySize ?? 128,
      logGroup: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
      logFormat: properties.LoggingConfig?.LogFormat ?? 'Text',
      variables: properties.Environment?.Variables ?? {},
    }, role);
    return { ref: name, attributes: { Arn: functionArn } };
  },
  'AWS::StepFunctions::StateMachine': ({ logicalId, properties, physicalName }, { iam, stepFunctions }) => {
    const role = iam.roleByArn(properties.RoleArn);
    if (!role) throw new Error(`State machine ${logicalId} has the role ${properties.RoleArn}, which does not exist.`);
    const machine = stepFunctions.create(properties.StateMachineName ?? physicalName, properties.DefinitionString, role);
    return { ref: machine.arn, attributes: { Arn: machine.arn, Name: machine.name } };
  },
  'AWS::AutoScaling::AutoScalingGroup': (request, { autoScaling, members }) => {
    const { properties, physicalName } = request;
    const { AutoScalingGroupName = physicalName, MinSize, MaxSize, DesiredCapacity = MinSize, Tags = [] } = properties;
    const tags = Object.fromEntries(Tags.map(({ Key, Value }: Record<string, string>) => [Key, Value]));
    const group = autoScaling.createGroup({ name: AutoScalingGroupName, tags, minSize: +MinSize, maxSize: +MaxSize, desired: +DesiredCapacity });
    members(request).forEach(instanceId => autoScaling.attach(group.name, instanceId));
    return { ref: group.name, attributes: { AutoScalingGroupARN: group.arn } };
  },
  'AWS::AutoScaling::LifecycleHook': ({ logicalId, properties }, { autoScaling }) => {
    const { LifecycleHookName = logicalId, LifecycleTransition, HeartbeatTimeout = 3600, AutoScalingGroupName } = properties;
    autoScaling.groups.get(AutoScalingGroupName)!.hooks.push({
      name: LifecycleHookName, transition: LifecycleTransition, heartbeatMinutes: HeartbeatTimeout / 60,
    });
    return { ref: LifecycleHookName, attributes: {} };
  },
  'AWS::S3::Bucket': ({ properties, physicalName }, { s3 }) => {
    const bucket = s3.createBucket(properties.BucketName ?? physicalName);
    const domain = `${bucket}.s3.amazonaws.com`;
    return { ref: bucket, attributes: { Arn: `arn:aws:s3:::${bucket}`, DomainName: domain, RegionalDomainName: domain } };
  },
  'AWS::S3::BucketPolicy': ({ logicalId, properties }, { s3 }) => {
    s3.attachPolicy(properties.Bucket, properties.PolicyDocument);
    return { ref: logicalId, attributes: {} };
  },
  'AWS::DynamoDB::Table': createTable,
  'AWS::DynamoDB::GlobalTable': createTable,
  'AWS::Lambda::Permission': ({ logicalId, properties }, { lambda }) => {
    const { Action, FunctionName, Principal, SourceArn, SourceAccount } = properties;
    const { code, permissions } = lambda.get(FunctionName);
    const statement: Statement = {
      Effect: 'Allow',
      Principal: { Service: Principal },
      Action,
      Resource: code.arn,
      Condition: {
        ...SourceArn ? { ArnLike: { 'aws:SourceArn': SourceArn } } : {},
        ...SourceAccount ? { StringEquals: { 'aws:SourceAccount': SourceAccount } } : {},
      },
    };
    permissions.push(statement);
    return { ref: logicalId, attributes: {} };
  },
  'AWS::Lambda::EventInvokeConfig': ({ logicalId, properties }, { lambda }) => {
    lambda.get(properties.FunctionName).asyncConfig = {
      retries: properties.MaximumRetryAttempts ?? 2,
      maximumAgeMinutes: (properties.MaximumEventAgeInSeconds ?? 21600) / 60,
      onFailure: properties.DestinationConfig?.OnFailure?.Destination,
    };
    return { ref: logicalId, attributes: {} };
  },
};

function attachPolicy({ logicalId, properties, physicalName }: ResourceRequest, { iam }: Services): ResourceResult {
  if (properties.Users?.length || properties.Groups?.length) throw new Error(`Policy ${logicalId} is attached to users or groups; the local stand has roles only.`);
  const name = properties.PolicyName ?? properties.ManagedPolicyName ?? physicalName;
  for (const roleName of properties.Roles ?? []) {
    const role = iam.roles.get(roleName);
    if (!role) throw new Error(`Policy ${logicalId} is attached to the role ${roleName}, which does not exist.`);
    role.attach(name, properties.PolicyDocument);
  }
  return { ref: arn('iam', `policy/${name}`), attributes: {} };
}

function createTable({ properties, physicalName }: ResourceRequest, { dynamodb }: Services): ResourceResult {
  const { TableName = physicalName, ...rest } = properties;
  return { ref: TableName, attributes: { Arn: dynamodb.createTable({ TableName, ...rest as any }) } };
}

function codeDirectory(code: { ZipFile?: string; S3Key?: string }, assembly: CloudAssembly, temporary: Services['temporary']): string {
  if (code.ZipFile === undefined) return assembly.assetDirectory(String(code.S3Key));
  const directory = mkdtempSync(join(tmpdir(), 'local-lambda-'));
  temporary(directory);
  writeFileSync(join(directory, 'index.js'), code.ZipFile);
  return directory;
}

function scheduleMinutes(logicalId: string, expression: string | undefined, log: (line: string) => void): number | undefined {
  if (expression === undefined) return undefined;
  if (expression.startsWith('rate(')) return rateMinutes(`Association ${logicalId}`, expression);
  if (!/^(cron|at)\(/.test(expression)) throw new Error(`Association ${logicalId} has the schedule '${expression}'; State Manager takes rate(...), cron(...) and at(...).`);
  log(`ssm: association ${logicalId} runs when it is created and when a target comes online, not at '${expression}': the local clock has no times of day`);
  return undefined;
}

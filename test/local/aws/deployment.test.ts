import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Aws, CfnOutput, CfnResource, Duration, Stack, Tags } from 'aws-cdk-lib';
import { Alarm, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { CfnInstance, Instance, InstanceType, MachineImage, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { CfnRole, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnPermission, Code, EventInvokeConfig, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnAssociation, CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { MemoryMachine } from './memory-machine';
import { LocalAws } from '../../../local/aws/aws-endpoint';

jest.setTimeout(60_000);
const TIMEOUT = 30_000;
const WEB = 'i-0123456789abcdef0';
const OTHER = 'i-0fedcba9876543210';

/** Does what the event says, with the real SDK: the alarm's instance is interrupted, or a call that a test names is made. */
const HANDLER = `
  const ec2 = require(${JSON.stringify(require.resolve('@aws-sdk/client-ec2'))});
  const ssm = require(${JSON.stringify(require.resolve('@aws-sdk/client-ssm'))});
  exports.handler = async event => {
    const { service = 'EC2', call = 'SendDiagnosticInterrupt', input = event.alarmData?.configuration.metrics[0].metricStat.metric.dimensions } = event;
    const client = service === 'EC2' ? new ec2.EC2Client() : new ssm.SSMClient();
    await client.send(new (service === 'EC2' ? ec2 : ssm)[call + 'Command'](input));
    return process.env.STAGE;
  };`;

let directory: string;
let local: LocalAws;
let machine: MemoryMachine;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'deployment-test-'));
  local = new LocalAws({ minuteMs: 50 });
  await local.listen();
  machine = new MemoryMachine(WEB);
});

afterEach(async () => {
  await local.close();
  rmSync(directory, { recursive: true });
});

interface Parts {
  readonly stack: Stack;
  readonly instance: Instance;
  readonly handler: Lambda;
}

/** Synthesises an app with everything the stand plays, changed by a test, and deploys what was synthesised. */
function deploy(change: (parts: Parts) => void = () => {}, statements: (instance: Instance) => PolicyStatement[] = interruptOf) {
  const asset = join(directory, 'asset');
  mkdirSync(asset);
  writeFileSync(join(asset, 'index.js'), HANDLER);
  const app = new App({ outdir: join(directory, 'cdk.out'), analyticsReporting: true });
  const stack = new Stack(app, 'Web');
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: 0, subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }] });
  const instance = new Instance(stack, 'Instance', { vpc, instanceType: new InstanceType('t3.micro'), machineImage: MachineImage.latestAmazonLinux2() });
  Tags.of(instance).add('Stage', 'prod');

  const role = new Role(stack, 'HandlerRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const handler = new Lambda(stack, 'Handler', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(asset),
    role,
    timeout: Duration.seconds(30),
    memorySize: 256,
    logGroup: new LogGroup(stack, 'Logs'),
    environment: { STAGE: `${Aws.STACK_NAME}/${Aws.REGION}` },
  });
  statements(instance).forEach(statement => role.addToPolicy(statement));
  new EventInvokeConfig(stack, 'Async', { function: handler, retryAttempts: 0 });

  const alarm = new Alarm(stack, 'Alarm', {
    metric: new Metric({
      namespace: 'AWS/EC2', metricName: 'StatusCheckFailed_Instance', dimensionsMap: { InstanceId: instance.instanceId }, statistic: 'Maximum', period: Duration.minutes(1),
    }),
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.MISSING,
  });
  alarm.addAlarmAction(new LambdaAction(handler, { useUniquePermissionId: true }));

  const dispatch = new Role(stack, 'Dispatch', { assumedBy: new ServicePrincipal('ssm.amazonaws.com') });
  dispatch.addToPolicy(new PolicyStatement({ actions: ['ssm:SendCommand'], resources: ['*'] }));
  const document = new CfnDocument(stack, 'Document', {
    documentType: 'Command',
    content: { schemaVersion: '2.2', mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: ['true'] } }] },
  });
  const association = new CfnAssociation(stack, 'Association', {
    name: document.ref, targets: [{ key: 'InstanceIds', values: [instance.instanceId] }], scheduleExpression: 'rate(1 day)',
  });
  association.addPropertyOverride('AssociationDispatchAssumeRole', dispatch.roleArn);

  new CfnOutput(stack, 'AlarmName', { value: alarm.alarmName });
  new CfnOutput(stack, 'HandlerName', { value: handler.functionName });
  change({ stack, instance, handler });
  app.synth();
  return local.deploy(join(directory, 'cdk.out'), 'Web', { machines: { 'Web/Instance': machine } });
}

function interruptOf(instance: Instance): PolicyStatement[] {
  const instanceArn = CfnInstance.arnForInstance(instance);
  return [new PolicyStatement({ actions: ['ec2:SendDiagnosticInterrupt'], resources: [instanceArn] })];
}

/** Runs the deployed function once, and answers its result or error. */
async function run(event: object) {
  const name = [...local.lambda.functions.keys()][0];
  const { statusCode } = await local.lambda.operations.Invoke.run({ FunctionName: name, InvocationType: 'RequestResponse', Payload: JSON.stringify(event) }) as { statusCode: number };
  expect(statusCode).toBe(200);
  return local.invocations[local.invocations.length - 1].attempts[0];
}

test('a silent machine is interrupted by what was synthesised', async () => {
  const { outputs } = deploy();
  await local.waitFor('OK', () => local.alarm(outputs.AlarmName).state.value === 'OK', TIMEOUT);
  machine.answers = false;
  const [invocation] = await local.waitFor('the invocation', () => local.invocations[0]?.state === 'succeeded' && local.invocations, TIMEOUT);
  expect(invocation).toMatchObject({ source: 'lambda.alarms.cloudwatch.amazonaws.com', attempts: [{ result: '"Web/us-east-1"' }] });
  expect(machine.nmis).toBe(1);
  expect(local.calls).toMatchObject([{
    caller: expect.stringMatching(/^arn:aws:sts::123456789012:assumed-role\/Web-HandlerRole[^/]+\/Web-Handler/), action: 'SendDiagnosticInterrupt', params: { InstanceId: WEB }, status: 200,
  }]);
});

test('resources are found by their path, and the instance has the tags of the template', () => {
  const deployment = deploy();
  expect(deployment.physicalId('Web/Instance')).toBe(WEB);
  expect(local.ec2.get(WEB).tags).toMatchObject({ Stage: 'prod', Name: 'Web/Instance' });
  expect(() => deployment.physicalId('Web/Nothing')).toThrow(/has no resource 'Web\/Nothing'/);
});

test('the association runs under its dispatch role', async () => {
  deploy();
  const endpoint = `http://127.0.0.1:${local.port}`;
  const command = await (await fetch(`${endpoint}/agent/${WEB}/next`)).json() as { documentName: string };
  expect(command.documentName).toMatch(/^Web-Document-/);
});

describe('permissions', () => {
  test('refuses an interrupt of an instance that the role does not name', async () => {
    local.launch(new MemoryMachine(OTHER));
    deploy();
    const { error } = await run({ input: { InstanceId: OTHER } });
    expect(error).toMatchObject({ errorType: 'UnauthorizedOperation' });
    expect(error!.errorMessage).toMatch(/^You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role\/.* is not authorized to perform: ec2:SendDiagnosticInterrupt on resource: arn:aws:ec2:us-east-1:123456789012:instance\/i-0fedcba9876543210 because no identity-based policy allows the ec2:SendDiagnosticInterrupt action$/);
    expect(local.calls[0]).toMatchObject({ status: 403, error: 'UnauthorizedOperation' });
  });

  test.each([['prod', undefined], ['test', 'UnauthorizedOperation']])('goes by the tag of the instance: %s', async (stage, refusal) => {
    deploy(() => {}, () => [new PolicyStatement({
      actions: ['ec2:SendDiagnosticInterrupt'], resources: ['*'], conditions: { StringEquals: { 'aws:ResourceTag/Stage': stage } },
    })]);
    expect((await run({ input: { InstanceId: WEB } })).error?.errorType).toBe(refusal);
    expect(machine.nmis).toBe(refusal ? 0 : 1);
  });

  test.each([
    [{ call: 'DescribeInstanceStatus', input: {} }, 'UnauthorizedOperation'],
    [{ call: 'SendDiagnosticInterrupt', input: { InstanceId: WEB, DryRun: true } }, 'DryRunOperation'],
    [{ service: 'SSM', call: 'DescribeInstanceAssociationsStatus', input: { InstanceId: WEB } }, 'AccessDeniedException'],
  ])('refuses %j with %s', async (event, errorType) => {
    deploy();
    expect((await run(event)).error).toMatchObject({ errorType });
  });

  test('refuses an alarm that the function does not permit', async () => {
    const lines: string[] = [];
    await local.close();
    local = new LocalAws({ minuteMs: 50, log: line => lines.push(line) });
    await local.listen();
    deploy(({ stack }) => {
      const permission = stack.node.findAll().find(construct => construct instanceof CfnPermission) as CfnPermission;
      permission.sourceArn = 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:another';
    });
    machine.answers = false;
    const line = await local.waitFor('the refusal', () => lines.find(text => text.includes('failed to execute action')), TIMEOUT);
    expect(line).toContain('no AWS::Lambda::Permission lets lambda.alarms.cloudwatch.amazonaws.com invoke it for arn:aws:cloudwatch:us-east-1:123456789012:alarm:Web-Alarm');
    expect(local.invocations).toEqual([]);
  });

  test('refuses to dispatch an association whose role may not send its command', async () => {
    deploy(({ stack }) => {
      const policy = stack.node.findChild('Dispatch').node.findChild('DefaultPolicy').node.defaultChild as CfnResource;
      policy.addPropertyOverride('PolicyDocument.Statement.0.Resource', 'arn:aws:ec2:us-east-1:123456789012:instance/*'); // not the document
    });
    const answer = await fetch(`http://127.0.0.1:${local.port}/agent/${WEB}/next`);
    expect(answer.status).toBe(204);
    const status = local.ssm.stateManager.associations[0].statuses.get(WEB);
    expect(status).toMatchObject({ Status: 'Failed', ErrorCode: 'AccessDenied' });
    expect(status!.ExecutionSummary).toContain('is not authorized to perform: ssm:SendCommand on resource: arn:aws:ssm:us-east-1:123456789012:document/Web-Document');
  });

  test('fails to deploy an association whose dispatch role does not trust Systems Manager', () => {
    expect(() => deploy(({ stack }) => {
      const role = stack.node.findChild('Dispatch').node.defaultChild as CfnRole;
      role.addPropertyOverride('AssumeRolePolicyDocument.Statement.0.Principal.Service', 'ec2.amazonaws.com');
    })).toThrow(/its dispatch role .* does not trust ssm.amazonaws.com/);
  });
});

describe('refuses to deploy', () => {
  test('a type that it does not know', () => {
    expect(() => deploy(({ stack }) => new CfnResource(stack, 'Stream', { type: 'AWS::Kinesis::Stream' })))
      .toThrow(/does not know what to do with Stream \(AWS::Kinesis::Stream\)/);
  });

  test('an instance without a machine, and one of another type', () => {
    machine = new MemoryMachine(WEB, 'm5.large');
    expect(() => deploy()).toThrow(/is a t3.micro, the machine given for it is a m5.large/);
    expect(() => local.deploy(join(directory, 'cdk.out'), 'Web', { machines: { 'Web/Db': machine } })).toThrow(/No machine was given for the instance .*; machines were given for Web\/Db/);
  });

  test('a stack that is not there, and a directory that is no cloud assembly', () => {
    deploy();
    expect(() => local.deploy(join(directory, 'cdk.out'), 'Db')).toThrow(/has no stack 'Db'; it has Web/);
    expect(() => local.deploy(directory, 'Web')).toThrow(/is not a cloud assembly/);
  });

  test('a managed policy whose statements it does not know', () => {
    expect(() => deploy(({ handler }) => handler.role!.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess'))))
      .toThrow(/AdministratorAccess, whose statements the local stand does not know/);
  });
});

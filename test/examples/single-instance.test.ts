import { App, CfnResource, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ACCEPTED as ACCEPTED_IN_CRASH_DIAGNOSTICS } from './accepted-findings';
import { SingleInstanceStack } from '../../examples/single-instance/single-instance-stack';

// The findings of cdk-nag that stand, each with its reason.
const ACCEPTED = [
  { id: 'AwsSolutions::AwsSolutions-VPC7', on: 'Vpc/Resource', reason: 'The network is not what the example is about.' },
  {
    id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
    on: 'Web/InstanceRole/Resource',
    reason: 'The policy that AWS maintains for what the SSM agent calls; a copy would go stale.',
  },
  {
    id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
    on: 'CrashDiagnostics/Interrupt/Role/DefaultPolicy/Resource',
    reason: 'Describe actions of EC2, and the list of mute rules, that know no resources; SendDiagnosticInterrupt, in the same policy, is limited to'
      + ' the instance.',
  },
  {
    id: 'AwsSolutions::AwsSolutions-SQS3',
    on: 'CrashDiagnostics/Interrupt/Failures/Resource',
    reason: 'It is itself where failed requests end up; nobody consumes it.',
  },
];

// The reasons are those of test/examples/accepted-findings.ts.
const OF_THE_WORKFLOW = ACCEPTED_IN_CRASH_DIAGNOSTICS
  .filter(({ packs, on, of }) => packs.includes('AwsSolutions') && of !== 'fleet' && [on].flat().every(path => path.startsWith('Response/')))
  .flatMap(({ rule, on, reason }) => [on].flat().map(path => (
    { id: `AwsSolutions::AwsSolutions-${rule}`, on: `CrashDiagnostics/${path}/Resource`, reason }
  )));

/** An app with the example, judged by AwsSolutions and, strictly, by the template rules of aws-cdk-lib. */
function exampleApp(): { app: App; stack: SingleInstanceStack } {
  const app = new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack: new SingleInstanceStack(app, 'SingleInstance') };
}

beforeEach(() => {
  delete process.env.CDK_VALIDATION;
  jest.spyOn(console, 'error').mockImplementation(); // the report that a failed validation prints
});
afterEach(() => jest.restoreAllMocks());

test('passes cdk-nag AwsSolutions and strict template validation, but for the findings that are accepted with a reason', () => {
  const { app, stack } = exampleApp();
  for (const { on, ...finding } of [...ACCEPTED, ...OF_THE_WORKFLOW]) {
    Validations.of(on.split('/').reduce((at, id) => at.node.findChild(id), stack as any)).acknowledge(finding);
  }
  expect(() => app.synth()).not.toThrow();
});

test('fails by these findings alone where they are not accepted', () => {
  const ids = problemsOf(exampleApp().app).match(/AwsSolutions::[^']*/g);
  expect([...new Set(ids)].sort()).toEqual([...new Set([...ACCEPTED, ...OF_THE_WORKFLOW].map(each => each.id))].sort());
});

test('fails where a template breaks the rules of its resource types', () => {
  const { app, stack } = exampleApp();
  new CfnResource(stack, 'Bad', { type: 'AWS::SSM::Association', properties: { Name: 'x', ScheduleExpression: 5, NoSuch: true } });
  expect(problemsOf(app)).toMatch(/Bad/);
});

function problemsOf(app: App): string {
  try {
    app.synth();
  } catch (error) {
    return String(error);
  }
  throw new Error('the app passes');
}

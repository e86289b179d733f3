import { App, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { CrashDiagnostics, CrashKernel, InterruptMode, KdumpTargets, RebootPolicy } from '../src';

process.env.CDK_VALIDATION = 'false';

test('one line defines kdump, an alarm for each instance, and the interrupt that each sends', () => {
  const stack = new Stack(new App(), 'Test');
  const targets = KdumpTargets.instances(new CfnInstance(stack, 'A'), new CfnInstance(stack, 'B'));
  const diagnostics = new CrashDiagnostics(stack, 'CrashDiagnostics', { targets });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::SSM::Association', 1);
  template.resourceCountIs('AWS::Lambda::Function', 1);
  template.resourceCountIs('AWS::CloudWatch::Alarm', 2);
  template.resourceCountIs('AWS::Lambda::Permission', 2);
  expect(diagnostics.alarms).toHaveLength(2);
});

test('hands the settings on to the rooms', () => {
  const stack = new Stack(new App(), 'Test');
  new CrashDiagnostics(stack, 'CrashDiagnostics', {
    targets: KdumpTargets.instance(new CfnInstance(stack, 'A')),
    crashKernel: CrashKernel.size(Size.mebibytes(384)),
    rebootPolicy: RebootPolicy.whenRequired(),
    dump: { path: '/data/crash', level: 1 },
    mode: InterruptMode.DRY_RUN,
  });
  const template = JSON.stringify(Template.fromStack(stack).toJSON());
  expect(template).toContain("'384M'");
  expect(template).toContain("'whenRequired'");
  expect(template).toContain("DUMP_PATH='/data/crash'");
  expect(template).toContain("DUMP_LEVEL='1'");
  expect(template).toContain('dryRun');
});

test('refuses targets that it could not define alarms for', () => {
  expect(() => new CrashDiagnostics(new Stack(), 'CrashDiagnostics', { targets: KdumpTargets.tag('Kdump', 'on') }))
    .toThrow(/not known at synth.*KdumpTargets.instance/s);
});

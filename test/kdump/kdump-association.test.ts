import { App, CfnParameter, Duration, Lazy, NestedStack, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  AfterDump, CrashDiagnostics, DayOfWeek, DumpCompression, DumpOptions, KdumpAssociation, KdumpAssociationProps, KdumpTargets, RateLimit,
  RebootPolicy, UnresponsiveAlarm,
} from '../../src';
import { programOf } from '../../src/kdump/program-of';

process.env.CDK_VALIDATION = 'false'; // one strict test validates, see test/examples

function instanceIn(stack: Stack, id = 'Web') {
  return new ec2.CfnInstance(stack, id, { instanceType: 't3.small' });
}

function templateOf(props: (stack: Stack) => KdumpAssociationProps): Template {
  const stack = new Stack(new App(), 'Test');
  new KdumpAssociation(stack, 'Kdump', props(stack));
  return Template.fromStack(stack);
}

const byTag = (props: Partial<KdumpAssociationProps> = {}) => templateOf(() => ({ targets: KdumpTargets.tag('Kdump', 'on'), ...props }));
const commands = (template: Template): string[] =>
  Object.values(template.findResources('AWS::SSM::Document'))[0].Properties.Content.mainSteps[0].inputs.runCommand;
const settings = (template: Template): string[] => commands(template).join('\n').split('\n');

describe('the association', () => {
  test('runs a Command document for Linux, at once and every half hour, with rate control, severity and a role of its own', () => {
    const template = templateOf(stack => ({ targets: KdumpTargets.instance(instanceIn(stack)) }));
    template.hasResourceProperties('AWS::SSM::Association', {
      Name: { Ref: Match.stringLikeRegexp('KdumpDocument') },
      Targets: [{ Key: 'InstanceIds', Values: [{ Ref: 'Web' }] }],
      ScheduleExpression: 'rate(30 minutes)',
      MaxConcurrency: '10%',
      MaxErrors: '100%',
      ComplianceSeverity: 'HIGH',
      AssociationDispatchAssumeRole: { 'Fn::GetAtt': [Match.stringLikeRegexp('KdumpDispatchRole'), 'Arn'] },
      ApplyOnlyAtCronInterval: Match.absent(),
    });
    template.hasResourceProperties('AWS::SSM::Document', {
      DocumentType: 'Command',
      UpdateMethod: 'NewVersion',
      Content: {
        schemaVersion: '2.2',
        mainSteps: [{ action: 'aws:runShellScript', precondition: { StringEquals: ['platformType', 'Linux'] } }],
      },
    });
  });

  test('runs the newest program, whichever version CloudFormation has left as the default one', () => {
    byTag().hasResourceProperties('AWS::SSM::Association', { DocumentVersion: '$LATEST' });
  });

  test('leaves the name of its document to CloudFormation', () => {
    byTag().hasResourceProperties('AWS::SSM::Document', { Name: Match.absent() });
  });

  // CloudFormation begins the name with that of the stack, and Systems Manager refuses it then.
  test.each(['aws-web', 'AmazonLinuxFleet', 'amzn', 'AWSWeb'])('names its documents where a stack is called %s', name => {
    const stack = new Stack(new App(), name);
    const nested = new NestedStack(stack, 'Nested');
    for (const scope of [stack, nested]) new CrashDiagnostics(scope, 'CrashDiagnostics', { targets: KdumpTargets.tag(`In${scope.node.id}`, 'on') });
    const names = [stack, nested].flatMap(each => Object.values(Template.fromStack(each).findResources('AWS::SSM::Document')))
      .map(({ Properties }) => Properties.Name['Fn::Join'][1]);
    expect(names).toEqual(Array(4).fill([expect.stringMatching(/^Kdump-c8[0-9a-f]{40}-$/), { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }]));
    expect(new Set(names.map(([own]) => own)).size).toBe(4);
  });

  test('may send that one document to those instances and nothing else', () => {
    const template = templateOf(stack => ({ targets: KdumpTargets.instances(instanceIn(stack, 'A'), instanceIn(stack, 'B')) }));
    const arn = (tail: unknown[]) => ({ 'Fn::Join': ['', Match.arrayWith(tail)] });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          { Action: 'ssm:SendCommand', Effect: 'Allow', Resource: arn([':document/', { Ref: Match.stringLikeRegexp('KdumpDocument') }]) },
          { Action: 'ssm:SendCommand', Effect: 'Allow', Resource: [arn([':instance/', { Ref: 'A' }]), arn([':instance/', { Ref: 'B' }])] },
        ],
      },
    });
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: { Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'ssm.amazonaws.com' } }] },
    });
  });

  test('waits for the permission that its first run needs', () => {
    const association = Object.values(byTag().findResources('AWS::SSM::Association'))[0];
    expect(association.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching('DispatchRoleDefaultPolicy')]));
  });

  test('takes a tag: as target and as condition of the permission', () => {
    const template = byTag({ targets: KdumpTargets.tag('Kdump', 'on', 'canary') });
    template.hasResourceProperties('AWS::SSM::Association', { Targets: [{ Key: 'tag:Kdump', Values: ['on', 'canary'] }] });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Condition: { StringEquals: { 'ssm:resourceTag/Kdump': ['on', 'canary'] } } })]),
      },
    });
  });

  test('takes an Auto Scaling group by the tag that its instances carry', () => {
    const template = templateOf(stack => ({
      targets: KdumpTargets.autoScalingGroup(new autoscaling.CfnAutoScalingGroup(stack, 'Group', { minSize: '1', maxSize: '2' })),
    }));
    template.hasResourceProperties('AWS::SSM::Association', { Targets: [{ Key: 'tag:aws:autoscaling:groupName', Values: [{ Ref: 'Group' }] }] });
  });

  test('stops a rollout that reboots when a tenth of the instances failed', () => {
    byTag({ rebootPolicy: RebootPolicy.whenRequired() }).hasResourceProperties('AWS::SSM::Association', { MaxErrors: '10%' });
  });

  test('takes rate limits, a schedule and a role of the user', () => {
    const template = templateOf(stack => ({
      targets: KdumpTargets.tag('Kdump', 'on'),
      maxConcurrency: RateLimit.count(3),
      maxErrors: RateLimit.percentage(25),
      schedule: Schedule.cron({ minute: '0', hour: '3', weekDay: 'SUN' }),
      dispatchRole: new Role(stack, 'Mine', { assumedBy: new ServicePrincipal('ssm.amazonaws.com') }),
    }));
    template.hasResourceProperties('AWS::SSM::Association', {
      MaxConcurrency: '3',
      MaxErrors: '25%',
      ScheduleExpression: 'cron(0 3 ? * SUN *)',
      AssociationDispatchAssumeRole: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Mine'), 'Arn'] },
    });
    template.resourceCountIs('AWS::IAM::Role', 1);
  });

  test('keeps its document below the 64 KB that Systems Manager takes, with no parameter marks that it would substitute', () => {
    const document = JSON.stringify(Object.values(byTag().findResources('AWS::SSM::Document'))[0].Properties.Content);
    expect(Buffer.byteLength(document)).toBeLessThan(64 * 1024);
    expect(document).not.toContain('{{');
  });

  test('has an entry for each function, of which the agent makes the very program', () => {
    const entries = commands(byTag());
    const program = programOf({}, { rebootPolicy: 'never' });
    expect(entries.join('\n')).toBe(program);
    expect(entries).toHaveLength(1 + program.match(/^\w+\(\) \{$/gm)!.length);
    expect(entries.slice(1).every(entry => /^\w+\(\) \{\n/.test(entry))).toBe(true);
  });

  test('bakes its settings into the program', () => {
    const program = settings(byTag({ dump: { path: '/data/crash' }, rebootPolicy: RebootPolicy.whenRequired() })).join('\n');
    expect(program).toContain("'/data/crash'");
    expect(program).toContain("'whenRequired'");
  });

  test('bakes the dump options and the window into the program', () => {
    const program = settings(byTag({
      dump: {
        level: 1, compression: DumpCompression.ZSTD, dumpsToKeep: 3, minimumFreeSpace: Size.gibibytes(2), afterDump: AfterDump.POWER_OFF,
      },
      rebootPolicy: RebootPolicy.inWindow({ days: [DayOfWeek.SUNDAY], start: '02:30', duration: Duration.hours(2) }),
    }));
    expect(program).toEqual(expect.arrayContaining(["ACTION='configure'", "REBOOT_POLICY='inWindow'", "REBOOT_WINDOW='7 150 120'", "DUMP_LEVEL='1'",
      "COMPRESSION='zstd'", "DUMPS_TO_KEEP='3'", "MINIMUM_FREE_MIB='2048'", "AFTER_DUMP='poweroff'"]));
    expect(settings(byTag())).toEqual(expect.arrayContaining(["DUMP_PATH='/var/crash'", "DUMP_LEVEL=''", "COMPRESSION=''", "DUMPS_TO_KEEP=''",
      "MINIMUM_FREE_MIB='auto'", "AFTER_DUMP='reboot'", "REBOOT_WINDOW=''"]));
  });

  test('reverts on request, and lets State Manager go on although every instance then counts as failed', () => {
    const template = byTag({ revert: true, rebootPolicy: RebootPolicy.whenRequired() });
    expect(settings(template)).toContain("ACTION='revert'");
    template.hasResourceProperties('AWS::SSM::Association', { MaxErrors: '100%' });
    byTag({ rebootPolicy: RebootPolicy.inWindow({ start: '02:30', duration: Duration.hours(2) }) })
      .hasResourceProperties('AWS::SSM::Association', { MaxErrors: '100%' });
  });
});

const valuesOf = (count: number, length: number) => Array.from({ length: count }, (_, at) => `${at}`.padEnd(length, 'x'));

test('the longest values that a tag may have find room in one policy of IAM', () => {
  const template = byTag({ targets: KdumpTargets.tag('k'.repeat(128), ...valuesOf(50, 100)) });
  const [policy, ...others] = Object.values(template.findResources('AWS::IAM::Policy'));
  expect([...others, ...Object.values(template.findResources('AWS::IAM::ManagedPolicy'))]).toEqual([]);
  // What a managed policy takes, in which the CDK puts what finds no room beside other statements of a role.
  expect(JSON.stringify(policy.Properties.PolicyDocument).length).toBeLessThan(6_144);
});

describe('bad input', () => {
  const twice = <T>(one: T) => [one, one];

  test.each<[string, DumpOptions, RegExp]>([
    ['a path that ends with a slash', { path: '/var/crash/' }, /dump\.path is "\/var\/crash\/", allowed is an absolute path .* without a '\/' at its end/],
    ['a dump level that is too high', { level: 32 }, /dump\.level is 32, allowed is a whole number from 0 to 31/],
    ['half a dump level', { level: 0.5 }, /dump\.level is 0.5/],
    ['to keep no dump', { dumpsToKeep: 0 }, /dump\.dumpsToKeep is 0/],
    ['part of a MiB', { minimumFreeSpace: Size.kibibytes(100) }, /dump\.minimumFreeSpace is 0.09765625/],
    ['a compression of its own', { compression: 'zstd"; reboot' as any }, /dump\.compression is/],
    ['a level that is a token', { level: Lazy.number({ produce: () => 31 }) }, /dump\.level: it is a token/],
    ['a free space that is a token', { minimumFreeSpace: Size.gibibytes(Lazy.number({ produce: () => 1 })) }, /dump\.minimumFreeSpace: it is a token/],
    ['an end of its own', { afterDump: 'halt' as any }, /dump\.afterDump is/],
  ])('refuses %s', (_, dump, message) => expect(() => byTag({ dump })).toThrow(message));

  test.each([
    ['a relative path', 'crash', /absolute path/],
    ['a path that a shell would expand', '/var/$(reboot)', /dump\.path is/],
    ['a path with a quote', "/var/'crash", /dump\.path is/],
    ['a path with a line break', '/var/crash\n', /dump\.path is/],
    ['a path with blanks', '/var/my crash', /dump\.path is/],
    ['a path that climbs', '/var/../etc', /dump\.path is/],
    ['the root folder', '/', /dump\.path is/],
    ['a path as a token', Lazy.string({ produce: () => '/var' }), /dump\.path: it is a token.*Give a literal/],
  ])('refuses %s as dump path', (_, dumpPath, message) => expect(() => byTag({ dump: { path: dumpPath } })).toThrow(message));

  test.each([
    ['a rate that is too short', Schedule.rate(Duration.minutes(5)), /every 30 minutes at the most/],
    ['something else than a schedule', Schedule.expression('rate(1 day); reboot'), /not a schedule/],
    ['a rate without a unit', Schedule.expression('rate(60)'), /not a schedule/],
    ['a point in time', Schedule.expression('at(2026-01-01T00:00:00)'), /not a schedule/],
    ['a month', Schedule.cron({ minute: '0', hour: '2', day: '1', month: '1' }), /"cron\(0 2 1 1 \? \*\)" names months \("1"\); State Manager knows none.*Leave month out/],
    ['months by their names', Schedule.expression('cron(0 2 ? JAN-MAR SUN *)'), /names months \("JAN-MAR"\)/],
    ['five cron fields', Schedule.expression('cron(0 3 * * *)'), /not a schedule/],
  ])('refuses %s', (_, schedule, message) => expect(() => byTag({ schedule })).toThrow(message));

  const window = (hours: number) => ({ rebootPolicy: RebootPolicy.inWindow({ start: '02:30', duration: Duration.hours(hours) }) });
  test.each([
    ['a day', Duration.days(1), 4],
    ['as long as the window', Duration.hours(4), 4],
  ])('refuses a window for reboots that may pass between two checks: %s', (_, rate, hours) => {
    expect(() => byTag({ schedule: Schedule.rate(rate), ...window(hours) })).toThrow(/^schedule: rate\(.*\) was given.* 240 minutes.*Schedule\.cron/);
  });

  test.each([
    ['a shorter rate', Schedule.rate(Duration.hours(3))],
    ['a time of day', Schedule.cron({ minute: '45', hour: '2' })],
  ])('takes %s with a window for reboots', (_, schedule) => {
    byTag({ schedule, ...window(4) }).hasResourceProperties('AWS::SSM::Association', { ScheduleExpression: schedule.expressionString });
  });

  test.each([
    ['no value', () => KdumpTargets.tag('Kdump'), /0 values/],
    ['too many values', () => KdumpTargets.tag('Kdump', ...Array.from({ length: 51 }, (_, i) => `${i}`)), /51 values/],
    ['values that are too long together', () => KdumpTargets.tag('Kdump', ...valuesOf(50, 101)),
      /^KdumpTargets.tag: the values have 5050 characters altogether; 5000 are allowed, .* Give fewer or shorter values, or tag the instances alike\.$/],
    ['a wildcard', () => KdumpTargets.tag('Kdump', '*'), /Wildcards are not expanded/],
    ['a policy variable', () => KdumpTargets.tag('Kdump', '${aws:username}'), /not allowed/],
    ['a key with a quote', () => KdumpTargets.tag('Kd"ump', 'on'), /not allowed/],
    ['an empty key', () => KdumpTargets.tag('', 'on'), /not allowed/],
    ['a reserved key', () => KdumpTargets.tag('aws:autoscaling:groupName', 'web'), /KdumpTargets.autoScalingGroup/],
    ['a key that is a token', () => KdumpTargets.tag(Lazy.string({ produce: () => 'k' }), 'on'), /token/],
    ['values that are a list of which nothing is known', () => KdumpTargets.tag('Kdump', ...new CfnParameter(new Stack(), 'Values', { type: 'CommaDelimitedList' }).valueAsList),
      /the values are a list that is a token\..*Fn\.select\(0, list\)/],
    ['no instance', () => KdumpTargets.instances(), /0 instances.*Give at least one/],
    ['an instance that is given twice', () => KdumpTargets.instances(...twice(instanceIn(new Stack()))), /Default\/Web was given twice.*Leave one/],
    ['a value that is given twice', () => KdumpTargets.tag('Kdump', 'on', 'on'), /the value "on" was given twice/],
    ['a value that JavaScript leaves undefined', () => KdumpTargets.tag('Kdump', undefined as any), /the value undefined is not allowed/],
    ['a key that JavaScript leaves undefined', () => KdumpTargets.tag(undefined as any, 'on'), /the key undefined is not allowed/],
  ])('refuses tags: %s', (_, make, message) => expect(make).toThrow(message));

  test('refuses instances of another Region', () => {
    const app = new App();
    const [here, there] = ['eu-west-1', 'us-east-1'].map(region => new Stack(app, region, { env: { region, account: '123456789012' } }));
    const instance = instanceIn(there);
    expect(() => new KdumpAssociation(here, 'Kdump', { targets: KdumpTargets.instance(instance) }))
      .toThrow(/eu-west-1\/Kdump is in eu-west-1, but us-east-1\/Web is in us-east-1/);
    expect(() => new UnresponsiveAlarm(here, 'Alarm', { instance })).toThrow(/which it cannot reach/);
    expect(() => new KdumpAssociation(here, 'Any', { targets: KdumpTargets.instance(instanceIn(new Stack(app, 'AnyRegion'))) })).not.toThrow();
  });

  // Fn::GetStackOutput lets a reference lead to another account, so that such a stack is synthesised, and deployed.
  test.each<[string, (there: Stack) => KdumpTargets]>([
    ['an instance', there => KdumpTargets.instance(instanceIn(there))],
    ['a group', there => KdumpTargets.autoScalingGroup(new autoscaling.CfnAutoScalingGroup(there, 'Web', { minSize: '1', maxSize: '1' }))],
    ['a launch template', there => KdumpTargets.launchTemplate(new ec2.CfnLaunchTemplate(there, 'Web', { launchTemplateData: {} }))],
  ])('refuses %s of another account, which State Manager does not reach', (_, targets) => {
    const app = new App();
    const [here, there] = ['111122223333', '123456789012'].map((account, at) => new Stack(app, `Stack${at}`, { env: { region: 'eu-west-1', account } }));
    expect(() => new KdumpAssociation(here, 'Kdump', { targets: targets(there) })).toThrow('Stack0/Kdump is in the account 111122223333, but Stack1/Web is'
      + ' in the account 123456789012, which it cannot reach. Define it in a stack of the account 123456789012.');
  });

  test('refuses a launch template of another Region, whose instances it would not find', () => {
    const app = new App();
    const [here, there] = ['eu-west-1', 'us-east-1'].map(region => new Stack(app, region, { env: { region, account: '123456789012' } }));
    const template = new ec2.CfnLaunchTemplate(there, 'Web', { launchTemplateData: {} });
    expect(() => new KdumpAssociation(here, 'Kdump', { targets: KdumpTargets.launchTemplate(template) })).toThrow(/us-east-1\/Web is in us-east-1/);
  });

  test.each([0, 1.5, -1, NaN])('refuses the rate limit %d', count => {
    expect(() => RateLimit.count(count)).toThrow(/whole number/);
    expect(() => RateLimit.percentage(count)).toThrow(/1 to 100/);
  });

  test('refuses a share of more than all', () => expect(() => RateLimit.percentage(101)).toThrow(/101 was given/));
});

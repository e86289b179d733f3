import { App, Stack, Validations } from 'aws-cdk-lib';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { AwsSolutionsChecks, HIPAASecurityChecks, NagPack, NIST80053R5Checks } from 'cdk-nag';
import { IConstruct } from 'constructs';
import { ACCEPTED, Accepted, Kind } from './accepted-findings';
import { CrashDiagnostics, KdumpTargets } from '../../src';

// cdk-nag over what CrashDiagnostics defines, and over nothing else: the targets exist already.

const KINDS: Kind[] = ['instance', 'fleet'];
const PACKS: Array<[string, (scope: IConstruct) => NagPack]> = [
  ['AwsSolutions', scope => new AwsSolutionsChecks(scope)],
  ['NIST.800.53.R5', scope => new NIST80053R5Checks(scope)],
  ['HIPAA.Security', scope => new HIPAASecurityChecks(scope)],
];

function setUp(kind: Kind) {
  const app = new App();
  const stack = new Stack(app, 'Judged');
  const targets = kind === 'fleet' ? KdumpTargets.tag('Kdump', 'on')
    : KdumpTargets.instance(CfnInstance.fromInstanceId(stack, 'Web', 'i-0123456789abcdef0'));
  new CrashDiagnostics(stack, 'CrashDiagnostics', { targets });
  return { app, stack };
}

/** Within CrashDiagnostics, and without what the CDK makes up. */
const shortPath = (path: string) => path.replace(/^Judged\/CrashDiagnostics\//, '').replace('UnresponsiveJudgedWeb', 'Unresponsive')
  .replace(/(Unresponsive)[0-9A-F]{8}\b/, '$1').replace(/\/Read\w+/, '/ReadAlarm');

const acceptedFor = (kind: Kind) => ACCEPTED.filter(each => (each.of ?? kind) === kind);
const idOf = (pack: string, { rule }: Accepted) => `${pack}::${pack}-${rule}`;
const pathsOf = ({ on }: Accepted) => [on].flat().map(path => `${path}/Resource`);

function acknowledge(stack: Stack, findings: Accepted[]): void {
  for (const finding of findings) {
    for (const path of pathsOf(finding)) {
      const construct = stack.node.findAll().find(each => shortPath(each.node.path) === path);
      finding.packs.forEach(pack => Validations.of(construct!).acknowledge({ id: idOf(pack, finding), reason: finding.reason }));
    }
  }
}

beforeEach(() => {
  delete process.env.CDK_VALIDATION;
  jest.spyOn(console, 'error').mockImplementation(); // the report that a failed validation prints
});
afterEach(() => jest.restoreAllMocks());

describe.each(KINDS)('CrashDiagnostics for targets of the kind %s', kind => {
  test.each(PACKS)('has by %s exactly the findings that are accepted', (name, pack) => {
    const { stack } = setUp(kind);
    const found = pack(stack).validateScope(stack).violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${name}::${ruleName} on ${shortPath(constructPath!)}`));
    const accepted = acceptedFor(kind).filter(each => each.packs.includes(name));
    expect(found.sort()).toEqual(accepted.flatMap(each => pathsOf(each).map(path => `${idOf(name, each)} on ${path}`)).sort());
  });

  test('passes all packs where they are acknowledged', () => {
    const { app, stack } = setUp(kind);
    Validations.of(app).addPlugins(...PACKS.map(([, pack]) => pack(app)));
    acknowledge(stack, acceptedFor(kind));
    expect(() => app.synth()).not.toThrow();
  });

  test('fails where one of them is not', () => {
    const { app, stack } = setUp(kind);
    Validations.of(app).addPlugins(...PACKS.map(([, pack]) => pack(app)));
    acknowledge(stack, acceptedFor(kind).filter(each => each.rule !== 'LambdaInsideVPC'));
    expect(() => app.synth()).toThrow(/LambdaInsideVPC/);
  });
});

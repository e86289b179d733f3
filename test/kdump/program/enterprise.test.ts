import { AMAZON_LINUX_1, AMAZON_LINUX_2023, CENTOS_7_UEFI, Image, ORACLE_10, ORACLE_8, ORACLE_9, RHEL_7, RHEL_8, RHEL_8_UEFI, RHEL_9, ROCKY_9, ROCKY_9_ARM } from './images';
import { armedMachine, Machine } from './machine';

const BEFORE = '/var/lib/cdk-diagnostic-interrupt/before';

let machine: Machine;

/** The values of crashkernel= that the kernel was booted with. */
function booted(): string[] {
  return [...machine.read('/kernel/cmdline').matchAll(/crashkernel=(\S+)/g)].map(match => match[1]);
}

describe('auto', () => {
  test.each<[string, Image]>([['Oracle 8', ORACLE_8], ['Oracle 9', ORACLE_9], ['Oracle 10', ORACLE_10], ['RHEL 7', RHEL_7], ['RHEL 8', RHEL_8], ['RHEL 9', RHEL_9]])(
    'keeps what the image of %s reserves, without a reboot', (_name, image) => {
      machine = new Machine({ ...image, installed: Object.keys(image.packages) }, { memory: 8 * 2 ** 30 });
      const reserved = machine.read('/sys/kernel/kexec_crash_size').trim();
      const before = booted();
      const first = machine.run({ crashKernel: 'auto' });
      if (reserved === '0') {
        // The word auto on the command line of a kernel that does not know it.
        expect(first).toMatchObject({ exitCode: 20, status: { crashkernelWanted: '1G-4G:192M,4G-64G:256M,64G-:512M' } });
      } else {
        expect(first).toMatchObject({ exitCode: 0, status: { state: 'armed', crashkernelWanted: before[before.length - 1] } });
      }
    });

  test('takes what kdumpctl says where an image reserves nothing, and goes back to it from a value of the user', () => {
    machine = new Machine(AMAZON_LINUX_2023, { memory: 8 * 2 ** 30 });
    const { status } = machine.run({ crashKernel: 'auto' });
    expect(status.crashkernelWanted).toBe(machine.enter(['kdumpctl', 'get-default-crashkernel']).stdout.trim());
    machine.reboot();
    machine.run({ crashKernel: '512M' });
    machine.reboot();
    expect(machine.run({ crashKernel: 'auto' })).toMatchObject({ exitCode: 20, status: { crashkernelSeen: '512M', crashkernelWanted: status.crashkernelWanted } });
  });

  test.each([['', ''], [' that an earlier version took for the image\'s', 'crashkernel reserving 64M\n']])(
    'does not keep a value of the user%s', (_what, line) => {
      machine = new Machine(AMAZON_LINUX_2023, { memory: 8 * 2 ** 30 });
      machine.run({ crashKernel: '64M' });
      machine.reboot();
      expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
      expect(machine.read(BEFORE)).not.toContain('reserving');
      machine.write(BEFORE, machine.read(BEFORE) + line);
      const ours = machine.enter(['kdumpctl', 'get-default-crashkernel']).stdout.trim();
      expect(machine.run({ crashKernel: 'auto' })).toMatchObject({ exitCode: 20, status: { crashkernelSeen: '64M', crashkernelWanted: ours } });
      machine.reboot();
      expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', crashkernelWanted: ours } });
    });

  test('goes back to what the image reserves from a value of the user, also when the first run was killed as it kept that', () => {
    machine = new Machine({ ...ORACLE_9, installed: Object.keys(ORACLE_9.packages) }, { memory: 8 * 2 ** 30 });
    const [reserved] = booted();
    const mend = machine.breakCommand('mv', 'mv.intact "$@"; case $* in *applied) kill -KILL $PPID ;; *before) [ "$(wc -l < "$3")" -ne 1 ] || kill -KILL $PPID ;; esac');
    machine.run({ crashKernel: '512M' });
    expect(machine.read(BEFORE)).toMatch(/^crashkernel .*\n$/);
    mend();
    machine.run();
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { crashkernelSeen: '512M' } });
    expect(machine.run({ crashKernel: 'auto' })).toMatchObject({ exitCode: 20, status: { crashkernelWanted: reserved } });
  });

  test('takes nothing from kdumpctl that is no value', () => {
    machine = new Machine(AMAZON_LINUX_2023);
    machine.run();
    machine.breakCommand('kdumpctl', 'echo \'1G-:256M"; reboot; echo "\'');
    expect(machine.run({ crashKernel: 'auto' }).status.crashkernelWanted).toBe('1G-4G:192M,4G-64G:256M,64G-:512M');
  });
});

describe('boot loader entries', () => {
  test.each<[string, Image]>([['RHEL 8', RHEL_8], ['RHEL 9', RHEL_9], ['Oracle 8', ORACLE_8], ['Amazon Linux 2023', AMAZON_LINUX_2023]])(
    'of %s carry the value for every kernel, as grubby sees it', (_name, image) => {
      machine = new Machine(image);
      machine.run({ crashKernel: '512M,high 72M,low' });
      const kernels = machine.enter(['grubby', '--info=ALL']).stdout.split(/^index=/m).slice(1);
      expect(kernels.length).toBe(1 + (image.olderKernels?.length ?? 0));
      kernels.forEach(kernel => expect(kernel.match(/crashkernel=[^\s"]+/g)).toEqual(['crashkernel=512M,high', 'crashkernel=72M,low']));
    });

  test('of EL8 without kernelopts in grubenv lose the old value, and get their default back by a revert', () => {
    machine = new Machine(RHEL_8_UEFI);
    machine.enter(['grub2-editenv', '-', 'unset', 'kernelopts']);
    const before = machine.enter(['grub2-editenv', '-', 'list']).stdout;
    machine.run();
    machine.reboot();
    expect(booted()).toEqual(['256M']);
    expect(machine.run({ action: 'revert' }).exitCode).toBe(27);
    expect(machine.enter(['grub2-editenv', '-', 'list']).stdout).toBe(before);
  });

  test('keep their place on the line when the value is there already', () => {
    machine = armedMachine(RHEL_9);
    const entries = machine.enter(['sh', '-c', 'echo /boot/loader/entries/*.conf']).stdout.trim().split(' ');
    entries.forEach(entry => machine.write(entry, machine.read(entry).replace(/^(options \S+)(.*) crashkernel=256M$/m, '$1 crashkernel=256M$2')));
    const texts = entries.map(entry => machine.read(entry));
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { changed: [] } });
    expect(entries.map(entry => machine.read(entry))).toEqual(texts);
  });

  test('that have no options are left alone', () => {
    machine = new Machine(RHEL_9);
    const memtest = 'title memtest\nlinux /memtest\n';
    machine.write('/boot/loader/entries/zz-memtest.conf', memtest);
    expect(machine.run().exitCode).toBe(20);
    expect(machine.read('/boot/loader/entries/zz-memtest.conf')).toBe(memtest);
  });

  test('take the value over from /etc/kernel/cmdline for kernels to come', () => {
    machine = new Machine(ROCKY_9);
    machine.write('/etc/kernel/cmdline', 'root=UUID=1 ro crashkernel=64M quiet\n\n');
    machine.run();
    expect(machine.read('/etc/kernel/cmdline')).toBe('root=UUID=1 ro quiet crashkernel=256M\n\n');
  });

  test('a kernel that lost the value, because it was installed before the reboot, gets one reboot of its own', () => {
    machine = new Machine({ ...ROCKY_9, files: Object.fromEntries(Object.entries(ROCKY_9.files).filter(([file]) => file !== '/etc/kernel/cmdline')) });
    expect(machine.run({ rebootPolicy: 'whenRequired' }).exitCode).toBe(194);
    machine.installKernel(ROCKY_9.kernel.replace(/^5/, '6'));
    machine.reboot();
    expect(booted()).not.toEqual(['256M']);
    expect(machine.run().exitCode).toBe(194);
    expect(machine.run().exitCode).toBe(20);
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
  });
});

test('the stub in the EFI system partition, which only leads to another grub.cfg, is left alone', () => {
  machine = new Machine(RHEL_9);
  const stub = 'search --no-floppy --fs-uuid --set=dev 1\nset prefix=($dev)/grub2\nexport $prefix\nconfigfile $prefix/grub.cfg\n';
  machine.write('/boot/efi/EFI/redhat/grub.cfg', stub);
  machine.remove('/etc/grub2-efi.cfg');
  machine.enter(['ln', '-s', '../boot/efi/EFI/redhat/grub.cfg', '/etc/grub2-efi.cfg']);
  expect(machine.run().exitCode).toBe(20);
  expect(machine.read('/boot/efi/EFI/redhat/grub.cfg')).toBe(stub);
});

test('on EL7 by UEFI the grub.cfg of the system partition is the one that is made anew', () => {
  machine = new Machine(CENTOS_7_UEFI);
  expect(machine.run().status.changed).toContain('/boot/efi/EFI/centos/grub.cfg');
});

describe('kdump.conf', () => {
  test('that somebody wrote without its comments keeps our value over an update of the package', () => {
    machine = new Machine(ROCKY_9);
    machine.run();
    machine.write('/etc/kdump.conf', 'path /var/crash\ncore_collector makedumpfile -l --message-level 7 -d 31\n');
    machine.run();
    expect(machine.read('/etc/kdump.conf')).toMatch(/^auto_reset_crashkernel no$/m);
    machine.upgradeKdump();
    machine.reboot();
    expect(booted()).toEqual(['256M']);
  });

  test('with an option that this release does not know is never written', () => {
    machine = armedMachine(RHEL_7);
    machine.run({ afterDump: 'poweroff' });
    expect(machine.read('/etc/kdump.conf')).not.toMatch(/^(final_action|auto_reset_crashkernel|failure_action)/m);
  });

  test('that lets a failed dump end in a shell nobody watches is changed to a reboot', () => {
    machine = armedMachine(ROCKY_9);
    machine.write('/etc/kdump.conf', `${machine.read('/etc/kdump.conf')}failure_action shell\n`);
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { notes: ["/etc/kdump.conf had 'failure_action shell', which is 'reboot' now."] } });
    expect(machine.read('/etc/kdump.conf')).toMatch(/^failure_action reboot$/m);
  });

  test.each([['failure_action dump_to_rootfs', ROCKY_9], ['default dump_to_rootfs', RHEL_8], ['default dump_to_rootfs', RHEL_7],
    ['default mount_root_run_init', AMAZON_LINUX_1]])('that ends in a reboot stays: %s', (line, image) => {
    machine = armedMachine(image);
    machine.write('/etc/kdump.conf', `${machine.read('/etc/kdump.conf')}${line}\n`);
    const { exitCode, status } = machine.run();
    expect([exitCode, status.notes, status.changed.includes('/etc/kdump.conf')]).toEqual([0, [], false]);
    expect(machine.read('/etc/kdump.conf')).toContain(`\n${line}\n`);
    machine.run({ action: 'revert' });
    expect(machine.read('/etc/kdump.conf')).toContain(`\n${line}\n`);
  });

  test('that somebody wrote before is put back by a revert, however often the program ran', () => {
    machine = new Machine({ ...ROCKY_9, installed: Object.keys(ROCKY_9.packages) });
    const text = `${machine.read('/etc/kdump.conf')}failure_action shell\nfinal_action halt\n`;
    machine.write('/etc/kdump.conf', text);
    expect(machine.run().status.notes).toEqual([expect.stringMatching(/failure_action shell/), expect.stringMatching(/final_action halt/)]);
    machine.run();
    machine.run({ dumpPath: '/srv/crash' });
    machine.write('/etc/kdump.conf', `# theirs\n${machine.read('/etc/kdump.conf')}`);
    machine.run({ action: 'revert' });
    expect(machine.read('/etc/kdump.conf')).toBe(`# theirs\n${text}`);
  });

  test('that sends dumps elsewhere stays, and the status says so', () => {
    machine = armedMachine(ROCKY_9);
    machine.write('/etc/kdump.conf', `${machine.read('/etc/kdump.conf')}nfs my.server:/export\n`);
    expect(machine.run().status.notes).toEqual([expect.stringMatching(/nfs my\.server:\/export/)]);
    expect(machine.run().status.notes).toHaveLength(1);
  });

  test.each([['zstd', ROCKY_9, '-z', 0], ['zstd', RHEL_8, '-c', 1], ['zlib', RHEL_8, '-c', 0], ['lzo', RHEL_8, '-l', 0]] as const)(
    '%s is taken where makedumpfile has it', (compression, image, letter, notes) => {
      machine = armedMachine(image);
      expect(machine.run({ compression })).toMatchObject({ exitCode: 0, status: { notes: Array(notes).fill(expect.stringMatching(/cannot compress by zstd/)) } });
      expect(machine.read('/etc/kdump.conf')).toMatch(new RegExp(`^core_collector makedumpfile ${letter} --message-level 7 -d 31$`, 'm'));
    });
});

test('irqpoll, which hangs the capture kernel of Graviton, is taken out on arm64 and put back by a revert', () => {
  machine = armedMachine(ROCKY_9_ARM);
  const appended = /^KDUMP_COMMANDLINE_APPEND="(.*)"$/m;
  const before = machine.read('/var/lib/cdk-diagnostic-interrupt/backup/etc/sysconfig/kdump');
  expect(appended.exec(before)![1]).toMatch(/^irqpoll /);
  expect(appended.exec(machine.read('/etc/sysconfig/kdump'))![1]).toBe(appended.exec(before)![1].replace('irqpoll ', ''));
  machine.run({ action: 'revert' });
  expect(machine.read('/etc/sysconfig/kdump')).toBe(before);
});

test('new files get the label that SELinux has for them, once', () => {
  machine = new Machine(ROCKY_9);
  machine.write('/sys/fs/selinux/enforce', '1');
  machine.run();
  const labelled = machine.log().filter(each => each.startsWith('restorecon'));
  expect(labelled).toContain('restorecon /etc/sysctl.d/zz-cdk-diagnostic-interrupt.conf');
  expect(new Set(labelled).size).toBe(labelled.length);
});

test('refuses an Arm kernel that keeps no symbol _text, whose dump would be empty', () => {
  machine = new Machine(ROCKY_9_ARM);
  machine.write('/kernel/kallsyms', '0000000000000000 T _stext\n0000000000000000 T do_one_initcall\n');
  expect(machine.run()).toMatchObject({ exitCode: 24, status: { state: 'unsupported', cause: expect.stringMatching(/_text/), changed: [] } });
  machine.write('/kernel/kallsyms', '0000000000000000 T _text\n');
  expect(machine.run().exitCode).toBe(20);
});

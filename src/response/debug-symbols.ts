/** Of the system whose kernel has panicked. */
export interface DumpedSystem {
  /** `ID` of os-release. */
  readonly id: string;
  readonly version: string;
  /** `uname -r` */
  readonly kernel: string;
  readonly architecture: string;
}

/**
 * The commands that install the debug symbols of a kernel and put the path of its vmlinux into `$vmlinux`, on a machine of the same
 * distribution. The path is asked of the package, since it changes with the release.
 */
export function debugSymbols({ id, kernel }: DumpedSystem): string[] {
  const family = FAMILIES.find(({ ids }) => ids.includes(id));
  return family ? family.commands(kernel) : [
    `# The debug symbols of the kernel ${kernel} are in a package of the distribution (${id}); in it, or below /usr/lib/debug, is the`,
    'vmlinux=/usr/lib/debug/.../vmlinux',
  ];
}

const ofDeb = (name: string) => `vmlinux=$(dpkg -L ${name} | grep -E '/vmlinux[^/]*$' | head -n 1)`;
const ofRpm = (name: string) => `vmlinux=$(rpm -ql ${name} | grep -E '/vmlinux[^/]*$' | head -n 1)`;

interface Family {
  readonly ids: string[];
  commands(kernel: string): string[];
}

const FAMILIES: Family[] = [
  {
    // Packages of the archive itself: "Debug symbols for linux-image-...".
    ids: ['debian'],
    commands: kernel => [`sudo apt-get install crash linux-image-${kernel}-dbg`, ofDeb(`linux-image-${kernel}-dbg`)],
  },
  {
    // https://documentation.ubuntu.com/server/explanation/debugging/debug-symbol-packages/
    ids: ['ubuntu'],
    commands: kernel => [
      '# The archive ddebs.ubuntu.com has to be among the sources of apt.',
      `sudo apt-get install crash linux-image-${kernel}-dbgsym`,
      ofDeb(`linux-image-${kernel}-dbgsym`),
    ],
  },
  {
    // Red Hat, "Analyzing a core dump": kernel-debuginfo, /usr/lib/debug/lib/modules/<release>/vmlinux. CentOS, Rocky and Alma build the
    // same packages; so do Amazon's, in the repositories that debuginfo-install switches on.
    ids: ['rhel', 'centos', 'rocky', 'almalinux', 'fedora', 'amzn'],
    commands: kernel => [`sudo yum install crash && sudo debuginfo-install kernel-${kernel}`, ofRpm(`kernel-debuginfo-${kernel}`)],
  },
  {
    // Oracle Linux Administrator's Guide, "Installing the crash Packages".
    ids: ['ol'],
    commands: kernel => {
      const name = `${kernel.includes('uek') ? 'kernel-uek' : 'kernel'}-debuginfo-${kernel}`;
      return ['# The packages are at oss.oracle.com, in the folder debuginfo of the release.', `sudo yum install crash && sudo yum install ${name}`, ofRpm(name)];
    },
  },
  {
    // The description of SUSE's package kdump names these.
    ids: ['sles', 'sled', 'opensuse-leap', 'opensuse-tumbleweed', 'suse'],
    commands: kernel => {
      const name = `kernel-${kernel.split('-').pop()}-debuginfo`;
      return ['# The repository of the debuginfo packages has to be switched on.', `sudo zypper install crash ${name}`, ofRpm(name)];
    },
  },
];

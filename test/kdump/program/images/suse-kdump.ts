import { Package } from './image';
import { makedumpfile } from './makedumpfile';

// /etc/sysconfig/kdump with most of the explanations left out (openSUSE/kdump, sysconfig.kdump.in at 0.8.16, 2.0 and 2.1).
interface Template {
  readonly crashKernel?: string;
  readonly saveDirectory: string;
  readonly oldDumps: number;
  readonly formats: string;
  readonly yes: 'yes' | 'true';
  /** Settings that only the program in C++ has. */
  readonly more?: string;
}

function settings(template: Template): string {
  return `## Path:        System/Kernel/Kdump
## Description: Crash Dump Configuration

${template.crashKernel ?? ''}## Type:	string
## Default:	""
## ServiceRestart:	kdump
#
# Kernel Version string for the -kdump kernel. Use an empty string to
# auto-detect a suitable kernel.
#
KDUMP_KERNELVER=""

## Type:	integer
## Default:	1
#
KDUMP_CPUS=1

## Type:	string
## Default:	""
#
KDUMP_COMMANDLINE=""

## Type:        string
## Default:     ""
#
# Set this variable if you only want to _append_ values to the default
# command line string.
#
KDUMP_COMMANDLINE_APPEND=""

## Type:	string
#
KEXEC_OPTIONS=""

## Type:	boolean
## Default:	${template.yes}
#
# Immediately reboot after saving the core in the kdump kernel?
#
KDUMP_IMMEDIATE_REBOOT="${template.yes}"

## Type:	string
#
KDUMP_TRANSFER=""

## Type:	string
#
# Which directory should the dumps be saved in by the default dumper?  This can
# be:
#   - a local file, for example "file:///var/crash" (or just
#                               "/var/crash")
#
KDUMP_SAVEDIR="${template.saveDirectory}"

## Type:	integer
## Default:	${template.oldDumps}
#
# Specifies how many old dumps are kept.  If the number of dump files
# exceeds this number, older dumps are removed.
#
KDUMP_KEEP_OLD_DUMPS=${template.oldDumps}

## Type:	integer
## Default:	64
#
KDUMP_FREE_DISK_SIZE=64

## Type:        integer
#
KDUMP_VERBOSE=3

## Type:        integer
## Default:     31
#
KDUMP_DUMPLEVEL=31

## Type:        list(,${template.formats})
## Default:     "compressed"
#
KDUMP_DUMPFORMAT="compressed"

## Type:        boolean
## Default:     true
#
KDUMP_CONTINUE_ON_ERROR="true"

KDUMP_REQUIRED_PROGRAMS=""
KDUMP_PRESCRIPT=""
KDUMP_POSTSCRIPT=""
${template.more ?? ''}KDUMP_NETCONFIG="auto"
`;
}

const CRASHKERNEL = `## Type:	string
## Default:	"auto"
## ServiceRestart:	kdump
#
# KDUMP_CRASHKERNEL is used by "kdumptool commandline" to determine
# the value of the kernel "crashkernel=" command-line options.
#
# Possible values are "auto" or one or more "crashkernel=..." values.
#
KDUMP_CRASHKERNEL="auto"


## Type:	string
## Default:	"true"
#
KDUMP_UPDATE_BOOTLOADER="true"

`;

function kdump(version: string, dumper: Package, template: Template, moreUnits: Record<string, string> = {}): Package {
  return {
    commands: ['kdumptool', ...dumper.commands ?? []],
    files: { '/stand-in/kdump-version': `${version}\n`, '/usr/lib/dracut/modules.d/99kdump/module-setup.sh': 'install() {\n    :\n}\n', ...dumper.files },
    settings: { '/etc/sysconfig/kdump': settings(template) },
    units: { 'kdump': 'kdump.suse', 'kdump-early': 'kdump-early.suse', ...moreUnits },
  };
}

// Whether SUSE builds makedumpfile with snappy is not verified; the templates name it.

/** SLES 12 SP5: kdumptool is a program in C++ that saves the dump itself. */
export const KDUMP_0_8 = kdump('0.8.16', makedumpfile('1.6.5', { snappy: 'enabled' }),
  { saveDirectory: 'file:///var/crash', oldDumps: 5, formats: 'none,ELF,compressed,lzo,snappy', yes: 'yes', more: 'KDUMP_COPY_KERNEL="yes"\nKDUMPTOOL_FLAGS=""\n' });

/** SLES 15 SP6 and Leap 15.6: scripts, of which kdumptool has `calibrate` alone. */
export const KDUMP_2_0 = kdump('2.0', makedumpfile('1.7.4', { snappy: 'enabled', zstd: 'enabled' }),
  { saveDirectory: '/var/crash', oldDumps: 0, formats: 'none,ELF,compressed,lzo,snappy,zstd,raw', yes: 'true' });

/** SLES 16 and Leap 16: kdump changes the boot loader by itself at every boot. */
export const KDUMP_2_1 = kdump('2.1', makedumpfile('1.7.6', { snappy: 'enabled', zstd: 'enabled' }),
  { crashKernel: CRASHKERNEL, saveDirectory: '/var/crash', oldDumps: 0, formats: 'none,ELF,compressed,lzo,snappy,zstd,raw', yes: 'true' },
  { 'kdump-commandline': 'kdump-commandline.suse' });

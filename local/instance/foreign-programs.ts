import { existsSync } from 'node:fs';
import { runTool } from './host-tools';
import { Platform } from './platform';

const BINFMT = '/proc/sys/fs/binfmt_misc';

/**
 * Does something while this machine's kernel runs the platform's programs, under QEMU's user-mode emulation.
 *
 * Where systemd runs, the installation of qemu-user-static has seen to it. Elsewhere, as in a container, it is done here, which
 * only root may, and undone.
 */
export async function withForeignPrograms<T>({ binfmt }: Platform, work: () => Promise<T>): Promise<T> {
  if (!binfmt || existsSync(`${BINFMT}/${binfmt}`)) {
    return work();
  }
  const wasMounted = existsSync(`${BINFMT}/register`);
  try {
    await shell(
      ...wasMounted ? [] : [`mount -t binfmt_misc binfmt_misc ${BINFMT}`],
      `cat /usr/lib/binfmt.d/${binfmt}.conf > ${BINFMT}/register`,
    );
  } catch (error) {
    throw new Error(`This machine's kernel does not run foreign programs (${BINFMT}/${binfmt}), and could not be told to: `
      + (error as Error).message);
  }
  try {
    return await work();
  } finally {
    await shell(`echo -1 > ${BINFMT}/${binfmt}`, ...wasMounted ? [] : [`umount ${BINFMT}`]);
  }
}

async function shell(...lines: string[]): Promise<void> {
  await runTool('sh', ['-e', '-c', lines.join('\n')]);
}

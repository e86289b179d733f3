import { availableParallelism, loadavg } from 'node:os';
import { DemoOptions } from './demo-options';
import { DiskImage } from './instance/disk-image';
import { MINUTE_MS } from './stand';

/** What is about to happen, for somebody who sees it for the first time. */
export function introduction({ release, resume, work }: DemoOptions): string {
  const cached = new DiskImage(release).isCached();
  const minutes = resume && cached ? 'three' : cached ? 'four' : 'five';
  const busy = loadavg()[0] > availableParallelism();
  return `A Linux machine hangs, and leaves a crash dump: all the way on this computer, in some ${minutes} minutes
on two idle cores.${busy ? ' This computer is busy: it will take longer.' : ''}

  Real    the machine (${release.name} in QEMU, no KVM needed), its hang, its panic and its dump; the
          template, the Command document, the Lambda functions and the workflow, as cdk synth wrote them
  Played  AWS: a process here answers for Systems Manager, CloudWatch, Lambda, EC2 and so on, and one
          of its minutes takes ${MINUTE_MS / 1000} s. No account is needed
  Logs    ${work ? `in ${work}` : 'in a temporary folder, removed after a success; --work FOLDER keeps them'}
  Ctrl-C  ends it at any time and leaves nothing running
`;
}

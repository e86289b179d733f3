import { REPORT_DETAIL_TYPE } from '../../src/response/report-event';
import { readCollected } from '../collected';
import { readDump } from '../dump';
import { BOOT_MS, CAPTURE_KERNEL, MINUTES, Scene, Tell } from '../scene';

/** What kdump-tools print in the capture kernel before the dump is written. */
const SAVING = /running makedumpfile --dump-dmesg/;
/** A kernel about an NMI that it does not know, and that does not matter to it. */
const SURVIVED = /Dazed and confused, but trying to continue/;

/** The last act: from the panic to the report. */
export class Aftermath {
  constructor(private readonly scene: Scene) {}

  /** The console need not show the panic itself: with kdump armed, the capture kernel starts before what an NMI prints is out. */
  public async panic(): Promise<void> {
    await this.scene.running().vm.waitForConsole(CAPTURE_KERNEL, MINUTES);
    this.scene.note('The kernel panicked and started the capture kernel');
  }

  /** Somebody is impatient. What kdump-tools print comes from user space, which has applied the kernel settings of the system by then. */
  public async interruptAgain(): Promise<void> {
    const { vm } = this.scene.running();
    const saving = await vm.waitForConsole(SAVING, 5 * MINUTES);
    await vm.injectNmi();
    await vm.waitForConsole(SURVIVED, MINUTES, saving);
    this.scene.report.survivedNmi = true;
    this.scene.note('A second NMI came while the dump was written, and the capture kernel went on');
  }

  public async comeBack(tell: Tell): Promise<void> {
    const stand = this.scene.running();
    const { resets } = stand;
    tell('the capture kernel boots and writes the dump');
    await stand.waitFor('the capture kernel to reboot the machine', () => stand.resets > resets, 10 * MINUTES);
    this.scene.note('The capture kernel wrote the dump and rebooted');
    tell('the dump is written, the machine boots');
    await stand.agentOnline(BOOT_MS, new Date());
    this.scene.note('The machine is back in service');
  }

  public async respond(tell: Tell): Promise<void> {
    const stand = this.scene.running();
    const { events, queues, autoScaling } = stand.aws;
    tell('the dump is uploaded in parts, by presigned URLs and curl');
    const reported = await stand.waitFor('the report of the workflow', () => events.published
      .find(event => event['detail-type'] === REPORT_DETAIL_TYPE && event.detail.outcome !== 'NotInterrupted'), 10 * MINUTES);
    this.scene.note('The workflow has collected the dump and reported');
    Object.assign(this.scene.report, { outcome: reported.detail.outcome, message: queues.topics[0].messages.at(-1)!.body });
    this.scene.report.collected = await readCollected(stand, reported);
    const [group] = autoScaling.groups.values();
    if (group) this.scene.report.group = { activities: group.activities, lifecycleState: group.members[0]?.lifecycleState };
    if (reported.detail.outcome !== 'Collected') throw new Error(`The workflow ended as ${reported.detail.outcome}:\n${this.scene.report.message}`);
    if (group && this.scene.report.group?.lifecycleState !== 'InService') throw new Error(`The instance was not given back: ${group.activities.join('; ')}`);
  }

  public async inspect(): Promise<void> {
    const stand = this.scene.running();
    Object.assign(this.scene.report, await readDump(stand));
    if (!this.scene.options.release.platform.takesInterrupts && stand.interrupts > 0) {
      throw new Error('An interrupt was sent to a machine that takes none.');
    }
    this.scene.report.ok = true;
  }
}

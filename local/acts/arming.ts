import { EC2Client, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { ArmedDisk, armingKey } from '../armed-disk';
import { CloudAssembly } from '../aws/cloud-assembly';
import { requireRefusal } from '../control';
import { DiskImage } from '../instance/disk-image';
import { BOOT_MS, MINUTES, Scene, Tell } from '../scene';
import { LocalStand } from '../stand';
import { stackOf, synthesise } from '../synthesise';
import { hang } from '../trouble';

/** The first act: from `cdk synth` to a machine on which kdump is armed. */
export class Arming {
  public readonly image: DiskImage;
  private armed?: ArmedDisk;
  private resumed = false;

  constructor(private readonly scene: Scene) {
    this.image = new DiskImage(scene.options.release);
  }

  public async synthesise(): Promise<void> {
    await synthesise(this.scene.assembly, this.scene.options.release.platform, this.scene.options);
    const { template } = new CloudAssembly(this.scene.assembly).stack(stackOf(this.scene.options.group));
    this.armed = new ArmedDisk(this.image.path, armingKey(template));
  }

  public async boot(tell: Tell): Promise<void> {
    const { resume, workDirectory, release } = this.scene.options;
    this.resumed = resume && this.isResumable();
    const how = !resume ? '' : this.resumed ? ', from the disk of one that was armed before'
      : '. There is none to resume from, armed by this document on this image: it is armed anew';
    tell(`the machine boots${how}`);
    this.scene.stand = await LocalStand.powerOn(workDirectory, release, this.resumed ? this.armed!.path : await this.image.provide());
    if (this.scene.closed) await this.scene.close();
    await this.scene.stand.agentOnline(BOOT_MS);
    this.scene.note(`The machine has booted${how}`);
  }

  /** The machine hangs before the association ever ran on it; then the operator reboots it. */
  public async hangUnarmed(tell: Tell): Promise<void> {
    const stand = this.scene.running();
    await hang(stand);
    this.scene.deployOnce();
    const control = await this.scene.observe('hang before kdump is armed', tell);
    this.scene.report.controls.push(control);
    requireRefusal(control, 'KdumpNotArmed');

    const rebooted = new Date();
    const ec2 = new EC2Client(stand.clientConfiguration());
    await ec2.send(new RebootInstancesCommand({ InstanceIds: [stand.machine.instanceId] }));
    ec2.destroy();
    tell('the operator rebooted the machine');
    await stand.agentOnline(BOOT_MS, rebooted);
  }

  public async arm(tell: Tell): Promise<void> {
    const stand = this.scene.running();
    this.scene.deployOnce();
    // Its start takes as long here as a minute of AWS's.
    await stand.aws.stepFunctions.prepare();
    const [association] = stand.aws.ssm.stateManager.associations;
    const status = () => association.statuses.get(stand.machine.instanceId);
    const { resets } = stand;
    await stand.waitFor('the association to end', () => {
      tell(stand.resets === resets ? 'the association runs: packages, crashkernel, GRUB, sysctl'
        : 'the program asked for a reboot (exit code 194), and runs again');
      return status()?.invocation?.ended;
    }, 15 * MINUTES);
    const { Status, invocation } = status()!;
    const line = invocation!.result?.stdout.trim().split('\n').pop() ?? '';
    this.scene.report.status = line.startsWith('{') ? JSON.parse(line) : undefined;
    if (Status !== 'Success' || this.scene.report.status?.state !== 'armed') {
      throw new Error(`The association ended as ${Status}:\n${invocation!.result?.stdout}\n${invocation!.result?.stderr}`);
    }
    this.scene.report.inventory = JSON.parse(await stand.runScript('cat /var/lib/amazon/ssm/*/inventory/custom/*.json'));
    this.scene.note('kdump is armed: the association is Success');
    if (!this.resumed) await this.keepArmed(tell);
  }

  /** Whether a later run can go on from the machine that was armed. */
  public isResumable(): boolean {
    return this.armed?.isKept() ?? false;
  }

  private async keepArmed(tell: Tell): Promise<void> {
    tell('the armed machine is kept for --resume');
    const stand = this.scene.running();
    await stand.runScript('sync');
    await this.armed!.keep(copy => stand.vm.whileStill(copy));
  }

  /** A kept machine that does not boot, or is not armed after all, is no machine to go on from. */
  public async orForget(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (this.resumed && !this.scene.closed) this.armed!.forget();
      throw error;
    }
  }
}

import { join } from 'node:path';
import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { EC2Client, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { ArmedDisk, armingKey } from './armed-disk';
import { Alarm } from './aws/alarm';
import { CloudAssembly } from './aws/cloud-assembly';
import { Deployment } from './aws/deployment';
import { Invocation } from './aws/lambda';
import { readCollected } from './collected';
import { outcomeOf, requireReason, requireRefusal } from './control';
import { readDump } from './dump';
import { DiskImage } from './instance/disk-image';
import { endTools } from './instance/host-tools';
import { Release } from './instance/release';
import { Control, DemoReport } from './report';
import { LocalStand } from './stand';
import { stackOf, synthesise } from './synthesise';
import { crash, hang, starve } from './trouble';

const MINUTES = 60_000;
/** On two busy cores, under software emulation; idle it takes 20 s. */
const BOOT_MS = 5 * MINUTES;
/** Later than the workflow acts, and sooner than the instance has dumped, so that it matters. */
const REPLACE_AFTER_MINUTES = 11;
/**
 * The command line of the capture kernel, as it prints it: kexec adds where the memory of the panicked one lies. On Arm that is
 * told in another way; the packages of every distribution have it reset the devices, which the panicked kernel left at work.
 */
const CAPTURE_KERNEL = /Kernel command line: .*(elfcorehdr=|reset_devices)/;

/** What kdump-tools print in the capture kernel before the dump is written. */
const SAVING = /running makedumpfile --dump-dmesg/;
/** A kernel about an NMI that it does not know, and that does not matter to it. */
const SURVIVED = /Dazed and confused, but trying to continue/;

export interface IncidentOptions {
  /** Folder for the cloud assembly and the logs. */
  readonly workDirectory: string;

  /** What the machine is. */
  readonly release: Release;

  /**
   * Whether the control runs are made: a hang before kdump is armed, and an alarm about a healthy machine. A machine that takes no
   * interrupts has none.
   */
  readonly controls: boolean;

  /** Whether user space alone is stuck: the kernel answers ARP, and the alarm is on the machine's heartbeat. */
  readonly livelock: boolean;

  /** Whether the instance is in an Auto Scaling group, which wants to replace it. */
  readonly group: boolean;

  /** Whether the machine is one that an earlier run armed, if there is one that the same document armed, on the same image. */
  readonly resume: boolean;
}

/** Tells what is being waited for. */
export type Tell = (what: string) => void;

export interface Step {
  readonly name: string;

  /** What it is good for, in a few words, to somebody who sees it for the first time. */
  readonly why: string;
  run(tell: Tell): Promise<void>;
}

/**
 * One incident from `cdk synth` to the crash dump, on the local stand: the machine hangs and is interrupted. One that takes no
 * interrupts (Arm) is crashed by the operator instead.
 */
export class Incident {
  public readonly report: DemoReport = { ok: false, steps: [], timeline: [], controls: [] };
  private readonly assembly: string;
  private readonly image: DiskImage;
  private stand?: LocalStand;
  private deployment?: Deployment;
  private armed?: ArmedDisk;
  private resumed = false;
  private closed = false;
  private closing?: Promise<void>;

  constructor(private readonly options: IncidentOptions) {
    this.assembly = join(options.workDirectory, 'cdk.out');
    this.image = new DiskImage(options.release);
  }

  /** The steps in their order; each relies on those before it. */
  public steps(): Step[] {
    const { takesInterrupts } = this.options.release.platform;
    const controls = this.options.controls && takesInterrupts;
    return [
      { name: 'Synthesise the example app with cdk synth', why: 'the steps below carry out its output', run: () => this.synthesise() },
      {
        name: `Provide the machine's disk image${this.image.isCached() ? ' (from the cache)' : ''}`,
        why: 'a whole Debian with its own kernel',
        run: async tell => { await this.image.provide(tell); },
      },
      { name: 'Boot the machine', why: 'it plays the EC2 instance', run: tell => this.orForget(this.boot(tell)) },
      ...controls ? [{
        name: 'Control: a hang before kdump is armed is refused',
        why: 'there would be no dump',
        run: (tell: Tell) => this.hangUnarmed(tell),
      }] : [],
      { name: 'Arm kdump with the synthesised document', why: 'without it, a crash leaves nothing', run: tell => this.orForget(this.arm(tell)) },
      ...controls ? [{
        name: 'Control: an alarm about a healthy machine is refused',
        why: 'a false alarm must crash nothing',
        run: () => this.alarmHealthy('Responsive'),
      }] : [],
      ...takesInterrupts ? [...this.trouble(), {
        name: 'The same event is delivered again and refused',
        why: 'another interrupt would spoil the dump',
        run: () => this.deliverAgain(),
      }] : [
        {
          name: 'Control: an alarm about a machine of this architecture is refused',
          why: 'EC2 interrupts x86 only',
          run: () => this.alarmHealthy('UnsupportedArchitecture'),
        },
        { name: 'Crash the machine by sysrq: it takes no diagnostic interrupt', why: 'kdump is armed all the same', run: () => this.crash() },
      ],
      { name: 'The kernel panics into the capture kernel', why: 'a second one, in memory reserved for it', run: () => this.panic() },
      ...controls ? [{ name: 'Control: a second NMI does not end the dump', why: 'somebody may be impatient', run: () => this.interruptAgain() }] : [],
      { name: 'The capture kernel writes the dump, the machine comes back', why: 'memory to disk, then a reboot', run: tell => this.comeBack(tell) },
      ...takesInterrupts ? [{
        name: 'The workflow collects the dump and reports',
        why: 'the evidence outlives the instance',
        run: (tell: Tell) => this.respond(tell),
      }] : [],
      { name: 'Read the dump', why: 'the kernel log in it must tell of the panic', run: () => this.inspect() },
    ];
  }

  /** Whether a later run can go on from the machine that was armed. */
  public isResumable(): boolean {
    return this.armed?.isKept() ?? false;
  }

  /** Powers everything off, in the middle of a step as well, which then fails. */
  public async close(): Promise<void> {
    this.closed = true;
    endTools();
    await (this.closing ??= this.stand?.close());
  }

  private async synthesise(): Promise<void> {
    await synthesise(this.assembly, this.options.release.platform, this.options);
    const { template } = new CloudAssembly(this.assembly).stack(stackOf(this.options.group));
    this.armed = new ArmedDisk(this.image.path, armingKey(template));
  }

  /** A kept machine that does not boot, or is not armed after all, is no machine to go on from. */
  private async orForget(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (this.resumed && !this.closed) this.armed!.forget();
      throw error;
    }
  }

  private async boot(tell: Tell): Promise<void> {
    const { resume, workDirectory, release } = this.options;
    this.resumed = resume && this.isResumable();
    const how = !resume ? '' : this.resumed ? ', from the disk of one that was armed before'
      : '. There is none to resume from, armed by this document on this image: it is armed anew';
    tell(`the machine boots${how}`);
    this.stand = await LocalStand.powerOn(workDirectory, release, this.resumed ? this.armed!.path : await this.image.provide());
    if (this.closed) await this.close();
    await this.stand.agentOnline(BOOT_MS);
    this.note(`The machine has booted${how}`);
  }

  /** The machine hangs before the association ever ran on it; then the operator reboots it. */
  private async hangUnarmed(tell: Tell): Promise<void> {
    const stand = this.running();
    await hang(stand);
    this.deployOnce();
    const control = await this.observe('hang before kdump is armed', tell);
    this.report.controls.push(control);
    requireRefusal(control, 'KdumpNotArmed');

    const rebooted = new Date();
    const ec2 = new EC2Client(stand.clientConfiguration());
    await ec2.send(new RebootInstancesCommand({ InstanceIds: [stand.machine.instanceId] }));
    ec2.destroy();
    tell('the operator rebooted the machine');
    await stand.agentOnline(BOOT_MS, rebooted);
  }

  private async arm(tell: Tell): Promise<void> {
    const stand = this.running();
    this.deployOnce();
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
    this.report.status = line.startsWith('{') ? JSON.parse(line) : undefined;
    if (Status !== 'Success' || this.report.status?.state !== 'armed') {
      throw new Error(`The association ended as ${Status}:\n${invocation!.result?.stdout}\n${invocation!.result?.stderr}`);
    }
    this.report.inventory = JSON.parse(await stand.runScript('cat /var/lib/amazon/ssm/*/inventory/custom/*.json'));
    this.note('kdump is armed: the association is Success');
    if (!this.resumed) await this.keepArmed(tell);
  }

  private async keepArmed(tell: Tell): Promise<void> {
    tell('the armed machine is kept for --resume');
    const stand = this.running();
    await stand.runScript('sync');
    await this.armed!.keep(copy => stand.vm.whileStill(copy));
  }

  /** Somebody tries the alarm out, as the CLI's set-alarm-state does. */
  private async alarmHealthy(reason: string): Promise<void> {
    const stand = this.running();
    await this.alarmOk();
    const seen = stand.aws.invocations.length;
    const cloudwatch = new CloudWatchClient(stand.clientConfiguration());
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: this.alarm().name, StateValue: 'ALARM', StateReason: 'Trying it out' }));
    cloudwatch.destroy();
    const control = await this.control('alarm about a healthy machine', seen);
    this.report.controls.push(control);
    requireRefusal(control, reason);
    await this.alarmOk();
  }

  private async hang(): Promise<void> {
    await this.alarmOk();
    await hang(this.running());
    this.note('The machine hangs: it does not answer ARP');
  }

  private async starve(): Promise<void> {
    await this.alarmOk();
    await starve(this.running());
    this.note('User space is starved: no heartbeat, but ARP is answered');
  }

  private async rehearse(): Promise<void> {
    const stand = this.running();
    const { instanceId } = stand.machine;
    // The default of minimumImpairedTime.
    const aMinute = stand.aws.clock.minutes(1);
    const impaired = () => Date.now() - (stand.aws.ec2.get(instanceId).impairedSince?.getTime() ?? Infinity) > aMinute;
    await stand.waitFor('the instance to be impaired for a minute', impaired, MINUTES);
    const rehearsal = this.deployment!.physicalId(`${stackOf(this.options.group)}/Rehearsal/Function`);
    this.report.rehearsal = outcomeOf(await stand.aws.lambda.call(rehearsal, { instanceId, reason: 'A dry run' }));
    requireReason(this.report.rehearsal, 'DryRun');
    if (stand.interrupts > 0) throw new Error('The dry run has sent an interrupt.');
  }

  private async deliverAgain(): Promise<void> {
    const { aws } = this.running();
    const { event, functionName } = aws.invocations.find(each => each.event.step === 'assess' && outcomeOf(each)?.decision === 'interrupt')!;
    this.report.redelivery = outcomeOf(await aws.lambda.call(functionName, event.event));
    requireReason(this.report.redelivery, 'CoolingDown');
    if (this.running().interrupts !== 1) throw new Error(`${this.running().interrupts} interrupts were sent, one should have been.`);
    this.note('The same event was delivered again, and refused');
  }

  private async crash(): Promise<void> {
    await crash(this.running());
    this.note('The operator crashes the machine');
  }

  private async decide(tell: Tell): Promise<void> {
    const stand = this.running();
    const seen = stand.aws.invocations.length;
    await this.alarmIn('ALARM', tell);
    this.note('The alarm is in ALARM');
    const invocation = await this.invocationAfter(seen);
    this.report.verdict = outcomeOf(invocation);
    if (this.report.verdict?.decision !== 'interrupt') {
      throw new Error(`It was decided not to interrupt. The function's log:\n${invocation.attempts.flatMap(each => each.logs).join('\n')}`);
    }
    tell('the workflow keeps the instance from being replaced, and sends the interrupt');
    await stand.waitFor('the interrupt to be sent', () => stand.interrupts === 1, MINUTES);
    this.note('The diagnostic interrupt was sent', stand.aws.calls.find(call => call.action === 'SendDiagnosticInterrupt')?.time);
  }

  /** The console need not show the panic itself: with kdump armed, the capture kernel starts before what an NMI prints is out. */
  private async panic(): Promise<void> {
    await this.running().vm.waitForConsole(CAPTURE_KERNEL, MINUTES);
    this.note('The kernel panicked and started the capture kernel');
  }

  /** Somebody is impatient. What kdump-tools print comes from user space, which has applied the kernel settings of the system by then. */
  private async interruptAgain(): Promise<void> {
    const { vm } = this.running();
    const saving = await vm.waitForConsole(SAVING, 5 * MINUTES);
    await vm.injectNmi();
    await vm.waitForConsole(SURVIVED, MINUTES, saving);
    this.report.survivedNmi = true;
    this.note('A second NMI came while the dump was written, and the capture kernel went on');
  }

  private async comeBack(tell: Tell): Promise<void> {
    const stand = this.running();
    const { resets } = stand;
    tell('the capture kernel boots and writes the dump');
    await stand.waitFor('the capture kernel to reboot the machine', () => stand.resets > resets, 10 * MINUTES);
    this.note('The capture kernel wrote the dump and rebooted');
    tell('the dump is written, the machine boots');
    await stand.agentOnline(BOOT_MS, new Date());
    this.note('The machine is back in service');
  }

  private async respond(tell: Tell): Promise<void> {
    const stand = this.running();
    const { events, queues, autoScaling } = stand.aws;
    tell('the dump is uploaded in parts, by presigned URLs and curl');
    const reported = await stand.waitFor('the report of the workflow', () => events.published
      .find(({ source, detail }) => source === 'cdk-diagnostic-interrupt' && detail.outcome !== 'NotInterrupted'), 10 * MINUTES);
    this.note('The workflow has collected the dump and reported');
    Object.assign(this.report, { outcome: reported.detail.outcome, message: queues.topics[0].messages.at(-1)!.body });
    this.report.collected = await readCollected(stand, reported);
    const [group] = autoScaling.groups.values();
    if (group) this.report.group = { activities: group.activities, lifecycleState: group.members[0]?.lifecycleState };
    if (reported.detail.outcome !== 'Collected') throw new Error(`The workflow ended as ${reported.detail.outcome}:\n${this.report.message}`);
    if (group && this.report.group?.lifecycleState !== 'InService') throw new Error(`The instance was not given back: ${group.activities.join('; ')}`);
  }

  private async inspect(): Promise<void> {
    const stand = this.running();
    Object.assign(this.report, await readDump(stand));
    if (!this.options.release.platform.takesInterrupts && stand.interrupts > 0) {
      throw new Error('An interrupt was sent to a machine that takes none.');
    }
    this.report.ok = true;
  }

  private trouble(): Step[] {
    const decide = (tell: Tell) => this.decide(tell);
    return this.options.livelock ? [
      { name: 'Starve the machine: real-time loops take every CPU', why: 'its kernel still answers, nothing else', run: () => this.starve() },
      { name: 'Heartbeat stops, alarm goes off, Lambda decides', why: 'in doubt it would refuse', run: decide },
    ] : [
      { name: 'Hang the machine: every CPU spins, interrupts off', why: 'only an NMI gets through', run: () => this.hang() },
      { name: 'Dry run: a function that never sends would send', why: 'how you would try it out', run: () => this.rehearse() },
      { name: 'Status check fails, alarm goes off, Lambda decides', why: 'in doubt it would refuse', run: decide },
    ];
  }

  private deployOnce(): void {
    if (this.deployment) return;
    const stand = this.running();
    const stack = stackOf(this.options.group);
    this.deployment = stand.deploy(this.assembly, stack, `${stack}/Web`);
    // The dump takes longer than this: without the shield the instance would be terminated in the middle of it.
    for (const group of stand.aws.autoScaling.groups.values()) group.properties.replaceAfterMinutes = REPLACE_AFTER_MINUTES;
  }

  /** The alarm that asks for the interrupt. */
  private alarm(): Alarm {
    const metric = this.options.livelock ? 'mem_used_percent' : 'StatusCheckFailed_Instance';
    return [...this.running().aws.cloudwatch.alarms.values()].find(({ properties: { MetricName, Metrics = [] } }) => (
      MetricName === metric || Metrics.some(({ Expression = '' }) => Expression.includes(metric))))!;
  }

  private async alarmIn(state: string, tell: Tell): Promise<void> {
    tell(`waiting for the alarm, one minute of CloudWatch in ${this.running().aws.clock.minuteMs / 1000} s`);
    await this.running().waitFor(`the alarm to be in ${state}`, () => this.alarm().state.value === state, 5 * MINUTES);
  }

  private alarmOk(): Promise<void> {
    return this.alarmIn('OK', () => {});
  }

  private async observe(name: string, tell: Tell): Promise<Control> {
    const seen = this.running().aws.invocations.length;
    await this.alarmIn('ALARM', tell);
    return this.control(name, seen);
  }

  private async control(name: string, seen: number): Promise<Control> {
    const stand = this.running();
    const { resets } = stand;
    const invocation = await this.invocationAfter(seen);
    const untouched = stand.interrupts === 0 && stand.resets === resets && !CAPTURE_KERNEL.test(stand.vm.consoleLog());
    return { name, verdict: outcomeOf(invocation), untouched };
  }

  private async invocationAfter(seen: number): Promise<Invocation> {
    const { aws } = this.running();
    const decided = () => aws.invocations.slice(seen).find(({ state, event }) => state !== 'running' && event.step === 'assess');
    return this.running().waitFor('the function to have decided', decided, MINUTES);
  }

  private note(what: string, at = new Date()): void {
    this.report.timeline.push({ at: at.toISOString(), what });
  }

  private running(): LocalStand {
    if (!this.stand) {
      throw new Error('The machine has not been booted.');
    }
    return this.stand;
  }
}

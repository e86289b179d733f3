import { join } from 'node:path';
import { Alarm } from './aws/alarm';
import { Deployment } from './aws/deployment';
import { Invocation } from './aws/lambda';
import { outcomeOf } from './control';
import { endTools } from './instance/host-tools';
import { Release } from './instance/release';
import { Control, DemoReport } from './report';
import { LocalStand } from './stand';
import { stackOf } from './synthesise';
import { UNRESPONSIVE_DETAIL_TYPE } from '../src/detection/unresponsive-event';

export const MINUTES = 60_000;
/** On two busy cores, under software emulation; idle it takes 20 s. */
export const BOOT_MS = 5 * MINUTES;
/** Later than the workflow acts, and sooner than the instance has dumped, so that it matters. */
const REPLACE_AFTER_MINUTES = 11;
/**
 * The command line of the capture kernel, as it prints it: kexec adds where the memory of the panicked one lies. On Arm that is
 * told in another way; the packages of every distribution have it reset the devices, which the panicked kernel left at work.
 */
export const CAPTURE_KERNEL = /Kernel command line: .*(elfcorehdr=|reset_devices)/;

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

/** Where an incident takes place, and what is known of it so far. */
export class Scene {
  public readonly report: DemoReport = { ok: false, steps: [], timeline: [], controls: [] };
  public readonly assembly: string;
  public stand?: LocalStand;
  public deployment?: Deployment;
  public closed = false;
  private closing?: Promise<void>;

  constructor(public readonly options: IncidentOptions) {
    this.assembly = join(options.workDirectory, 'cdk.out');
  }

  public running(): LocalStand {
    if (!this.stand) {
      throw new Error('The machine has not been booted.');
    }
    return this.stand;
  }

  public deployOnce(): void {
    if (this.deployment) return;
    const stand = this.running();
    const stack = stackOf(this.options.group);
    this.deployment = stand.deploy(this.assembly, stack, `${stack}/Web`);
    // The dump takes longer than this: without the shield the instance would be terminated in the middle of it.
    for (const group of stand.aws.autoScaling.groups.values()) group.properties.replaceAfterMinutes = REPLACE_AFTER_MINUTES;
  }

  /** The alarm that asks for the interrupt. */
  public alarm(): Alarm {
    const metric = this.options.livelock ? 'mem_used_percent' : 'StatusCheckFailed_Instance';
    return [...this.running().aws.cloudwatch.alarms.values()].find(({ properties: { MetricName } }) => MetricName === metric)!;
  }

  /** Waits until the machine is seen to be well. */
  public async well(): Promise<void> {
    if (!this.options.group) return this.alarmIn('OK', () => {});
    const { aws, machine } = this.running();
    await this.running().waitFor('the instance to pass its status check', () => aws.ec2.get(machine.instanceId).status === 'ok', 5 * MINUTES);
  }

  /** Waits until it is noticed that the machine is not well, and answers by what. */
  public async noticed(tell: Tell): Promise<string> {
    if (!this.options.group) {
      await this.alarmIn('ALARM', tell);
      return 'The alarm is in ALARM';
    }
    const { events } = this.running().aws;
    tell('waiting for the fleet watch, which looks once in a minute of AWS');
    await this.running().waitFor('the fleet watch to tell of the instance', () => (
      events.published.some(event => event['detail-type'] === UNRESPONSIVE_DETAIL_TYPE)), 5 * MINUTES);
    return 'The fleet watch tells of the instance';
  }

  private async alarmIn(state: string, tell: Tell): Promise<void> {
    tell(`waiting for the alarm, one minute of CloudWatch in ${this.running().aws.clock.minuteMs / 1000} s`);
    await this.running().waitFor(`the alarm to be in ${state}`, () => this.alarm().state.value === state, 5 * MINUTES);
  }

  public async observe(name: string, tell: Tell): Promise<Control> {
    const seen = this.running().aws.invocations.length;
    await this.noticed(tell);
    return this.control(name, seen);
  }

  public async control(name: string, seen: number): Promise<Control> {
    const stand = this.running();
    const { resets } = stand;
    const invocation = await this.invocationAfter(seen);
    const untouched = stand.interrupts === 0 && stand.resets === resets && !CAPTURE_KERNEL.test(stand.vm.consoleLog());
    return { name, verdict: outcomeOf(invocation), untouched };
  }

  public async invocationAfter(seen: number): Promise<Invocation> {
    const { aws } = this.running();
    const decided = () => aws.invocations.slice(seen).find(({ state, event }) => state !== 'running' && event.step === 'assess');
    return this.running().waitFor('the function to have decided', decided, MINUTES);
  }

  public note(what: string, at = new Date()): void {
    this.report.timeline.push({ at: at.toISOString(), what });
  }

  /** Powers everything off, in the middle of a step as well, which then fails. */
  public async close(): Promise<void> {
    this.closed = true;
    endTools();
    await (this.closing ??= this.stand?.close());
  }
}

import { Machine } from './machine';

/** EC2 probes twice a minute here and calls an instance impaired when two probes in a row got no answer: silent for a minute. */
export const PROBES_PER_MINUTE = 2;
const MISSES_TO_FAIL = 2;
/** How long a machine that has just been started may stay silent before that counts as a failure. */
const BOOT_MINUTES = 10;

export type InstanceStatus = 'ok' | 'impaired' | 'initializing' | 'not-applicable';

/** DescribeInstanceStatus tells it as `ApplicationStatus` (ApplicationStatusSummary of EC2's API reference). */
export interface ApplicationStatus {
  readonly status: 'ok' | 'impaired' | 'initializing' | 'insufficient-data' | 'not-applicable' | 'suppressed';
  readonly impairedSince?: Date;
}

/** An EC2 instance: a machine, its tags, and what the instance status check knows about it. */
export class Instance {
  readonly tags: Record<string, string>;
  readonly launchTime: Date;
  status: InstanceStatus;
  impairedSince?: Date;
  /** Whoever plays a fault on AWS's side sets it. */
  systemStatus: 'ok' | 'impaired' = 'ok';
  /** What an application status check says, for an instance that has one: whoever plays the check sets it. */
  applicationStatus?: ApplicationStatus;
  private misses = 0;
  private firstMiss?: Date;

  constructor(readonly machine: Machine) {
    this.tags = { ...machine.tags };
    this.launchTime = machine.launchTime ?? new Date();
    this.status = this.running ? 'initializing' : 'not-applicable';
  }

  get id(): string {
    return this.machine.instanceId;
  }

  get running(): boolean {
    return this.machine.state() === 'running';
  }

  /** One probe of the instance status check. */
  async probe(): Promise<void> {
    if (!this.running) return this.expect('not-applicable');
    if (this.status === 'not-applicable') this.expect('initializing');
    if (await this.machine.answersArp()) return this.expect('ok');
    this.misses += 1;
    this.firstMiss ??= new Date();
    const booting = this.status === 'initializing';
    if (this.misses >= (booting ? BOOT_MINUTES * PROBES_PER_MINUTE : MISSES_TO_FAIL) && this.status !== 'impaired') {
      this.status = 'impaired';
      // "For an instance that was launched and impaired, this is the time when the instance was launched" (InstanceStatusDetails).
      this.impairedSince = booting ? this.launchTime : this.firstMiss;
    }
  }

  /** EC2 itself restarted the machine: silence is expected until it has booted. */
  rebooted(): void {
    this.expect('initializing');
  }

  private expect(status: InstanceStatus): void {
    this.status = status;
    this.misses = 0;
    this.firstMiss = this.impairedSince = undefined;
  }
}

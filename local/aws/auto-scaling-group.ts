import { randomUUID } from 'node:crypto';
import { ACCOUNT, arn } from './account';
import { Clock } from './clock';
import { Instance } from './instance';

/** "Pending" and its kind are left out: nothing is launched here. */
export type LifecycleState = 'InService' | 'EnteringStandby' | 'Standby' | 'Terminating' | 'Terminating:Wait' | 'Terminating:Proceed' | 'Terminated';

export interface LifecycleHook {
  readonly name: string;
  /** `autoscaling:EC2_INSTANCE_TERMINATING` or `autoscaling:EC2_INSTANCE_LAUNCHING`. */
  readonly transition: string;
  readonly heartbeatMinutes: number;
}

export interface GroupProperties {
  readonly name: string;
  readonly tags?: Record<string, string>;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
  readonly hooks?: LifecycleHook[];
  /** How long an instance fails its status check before it is replaced. "A few minutes" (EC2 Auto Scaling User Guide). @default 3 */
  replaceAfterMinutes?: number;
  /** How long a load balancer drains the connections: from EnteringStandby to Standby, and from Terminating to the hooks. @default 0 */
  readonly drainMinutes?: number;
}

/** An instance of a group. */
export class Member {
  lifecycleState: LifecycleState = 'InService';
  health: 'HEALTHY' | 'UNHEALTHY' = 'HEALTHY';
  /** The terminating hooks that were not completed yet, each with what ends its time. */
  readonly waiting = new Map<string, () => void>();

  constructor(readonly instance: Instance, readonly group: Group) {}
}

const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

/** An Auto Scaling group: it replaces what is unhealthy. What it launches instead is noted, and not there. */
export class Group {
  readonly arn: string;
  readonly members: Member[] = [];
  readonly hooks: LifecycleHook[];
  /** What it did, in words. */
  readonly activities: string[] = [];
  desired: number;

  constructor(readonly properties: GroupProperties, private readonly clock: Clock, private readonly log: (line: string) => void) {
    this.arn = arn('autoscaling', `autoScalingGroup:${randomUUID()}:autoScalingGroupName/${properties.name}`);
    this.hooks = [...properties.hooks ?? []];
    this.desired = properties.desired;
    clock.every(1, () => this.checkHealth());
  }

  get name(): string {
    return this.properties.name;
  }

  attach(instance: Instance): Member {
    const member = new Member(instance, this);
    instance.tags['aws:autoscaling:groupName'] = this.name;
    this.members.push(member);
    return member;
  }

  note(activity: string): void {
    this.activities.push(activity);
    this.log(`autoscaling: ${this.name} in ${ACCOUNT}: ${activity}`);
  }

  /** "Amazon EC2 Auto Scaling does not perform health checks on instances that are in a standby state." */
  private checkHealth(): void {
    const { replaceAfterMinutes = 3 } = this.properties;
    for (const member of this.members.filter(({ lifecycleState }) => lifecycleState === 'InService')) {
      const { status, impairedSince } = member.instance;
      const impairedMs = Date.now() - (impairedSince?.getTime() ?? Date.now());
      if (status !== 'impaired' || impairedMs < this.clock.minutes(replaceAfterMinutes)) continue;
      member.health = 'UNHEALTHY';
      this.terminate(member);
    }
  }

  terminate(member: Member): void {
    this.note(`Terminating EC2 instance: ${member.instance.id}`);
    member.lifecycleState = 'Terminating';
    const { drainMinutes = 0 } = this.properties;
    if (drainMinutes > 0) this.clock.after(drainMinutes, () => this.waitForHooks(member));
    else this.waitForHooks(member);
  }

  private waitForHooks(member: Member): void {
    const hooks = this.hooks.filter(({ transition }) => transition === TERMINATING);
    if (hooks.length === 0) return this.proceed(member);
    member.lifecycleState = 'Terminating:Wait';
    hooks.forEach(hook => this.heartbeat(member, hook));
  }

  /** Begins a hook's time anew. */
  heartbeat(member: Member, { name, heartbeatMinutes }: LifecycleHook): void {
    member.waiting.get(name)?.();
    member.waiting.set(name, this.clock.after(heartbeatMinutes, () => this.complete(member, name)));
  }

  /** A hook is done, or its time is over; the instance goes when no other one waits. */
  complete(member: Member, hookName: string): void {
    member.waiting.get(hookName)?.();
    member.waiting.delete(hookName);
    if (member.waiting.size === 0) this.proceed(member);
  }

  private proceed(member: Member): void {
    member.lifecycleState = 'Terminating:Proceed';
    void Promise.resolve(member.instance.machine.terminate?.()).then(() => {
      member.lifecycleState = 'Terminated';
      this.members.splice(this.members.indexOf(member), 1);
      this.note(`Launching a new EC2 instance in place of ${member.instance.id}`);
    });
  }
}

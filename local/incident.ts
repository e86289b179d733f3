import { Aftermath } from './acts/aftermath';
import { Arming } from './acts/arming';
import { Decision } from './acts/decision';
import { DemoReport } from './report';
import { IncidentOptions, Scene, Tell } from './scene';

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
  private readonly scene: Scene;
  private readonly arming: Arming;
  private readonly decision: Decision;
  private readonly aftermath: Aftermath;

  constructor(options: IncidentOptions) {
    this.scene = new Scene(options);
    this.arming = new Arming(this.scene);
    this.decision = new Decision(this.scene);
    this.aftermath = new Aftermath(this.scene);
  }

  /** The steps in their order; each relies on those before it. */
  public steps(): Step[] {
    const { takesInterrupts } = this.scene.options.release.platform;
    const controls = this.scene.options.controls && takesInterrupts;
    return [
      { name: 'Synthesise the example app with cdk synth', why: 'the steps below carry out its output', run: () => this.arming.synthesise() },
      {
        name: `Provide the machine's disk image${this.arming.image.isCached() ? ' (from the cache)' : ''}`,
        why: 'a whole Debian with its own kernel',
        run: async tell => { await this.arming.image.provide(tell); },
      },
      { name: 'Boot the machine', why: 'it plays the EC2 instance', run: tell => this.arming.orForget(this.arming.boot(tell)) },
      ...controls ? [{
        name: 'Control: a hang before kdump is armed is refused',
        why: 'there would be no dump',
        run: (tell: Tell) => this.arming.hangUnarmed(tell),
      }] : [],
      { name: 'Arm kdump with the synthesised document', why: 'without it, a crash leaves nothing', run: tell => this.arming.orForget(this.arming.arm(tell)) },
      ...controls ? [{
        name: 'Control: an alarm about a healthy machine is refused',
        why: 'a false alarm must crash nothing',
        run: () => this.decision.alarmHealthy('Responsive'),
      }] : [],
      ...takesInterrupts ? [...this.trouble(), {
        name: 'The same event is delivered again and refused',
        why: 'another interrupt would spoil the dump',
        run: () => this.decision.deliverAgain(),
      }] : [
        {
          name: 'Control: an alarm about a machine of this architecture is refused',
          why: 'EC2 interrupts x86 only',
          run: () => this.decision.alarmHealthy('UnsupportedArchitecture'),
        },
        { name: 'Crash the machine by sysrq: it takes no diagnostic interrupt', why: 'kdump is armed all the same', run: () => this.decision.crash() },
      ],
      { name: 'The kernel panics into the capture kernel', why: 'a second one, in memory reserved for it', run: () => this.aftermath.panic() },
      ...controls ? [{ name: 'Control: a second NMI does not end the dump', why: 'somebody may be impatient', run: () => this.aftermath.interruptAgain() }] : [],
      { name: 'The capture kernel writes the dump, the machine comes back', why: 'memory to disk, then a reboot', run: tell => this.aftermath.comeBack(tell) },
      ...takesInterrupts ? [{
        name: 'The workflow collects the dump and reports',
        why: 'the evidence outlives the instance',
        run: (tell: Tell) => this.aftermath.respond(tell),
      }] : [],
      { name: 'Read the dump', why: 'the kernel log in it must tell of the panic', run: () => this.aftermath.inspect() },
    ];
  }

  /** What is known so far. */
  public get report(): DemoReport {
    return this.scene.report;
  }

  /** Whether a later run can go on from the machine that was armed. */
  public isResumable(): boolean {
    return this.arming.isResumable();
  }

  /** Powers everything off, in the middle of a step as well, which then fails. */
  public close(): Promise<void> {
    return this.scene.close();
  }

  private trouble(): Step[] {
    const decide = (tell: Tell) => this.decision.decide(tell);
    return this.scene.options.livelock ? [
      { name: 'Starve the machine: real-time loops take every CPU', why: 'its kernel still answers, nothing else', run: () => this.decision.starve() },
      { name: 'Heartbeat stops, alarm goes off, Lambda decides', why: 'in doubt it would refuse', run: decide },
    ] : [
      { name: 'Hang the machine: every CPU spins, interrupts off', why: 'only an NMI gets through', run: () => this.decision.hang() },
      { name: 'Dry run: a function that never sends would send', why: 'how you would try it out', run: () => this.decision.rehearse() },
      {
        name: `Status check fails, ${this.scene.options.group ? 'fleet watch tells of it' : 'alarm goes off'}, Lambda decides`,
        why: 'in doubt it would refuse',
        run: decide,
      },
    ];
  }
}

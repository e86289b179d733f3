import { Machine, MachineState } from '../../../local/aws/machine';

/** A machine in memory: a test decides whether it answers. */
export class MemoryMachine implements Machine {
  answers = true;
  current: MachineState = 'running';
  console = 'Linux version 6.1\n';
  nmis = 0;
  reboots = 0;
  readonly tags: Record<string, string>;
  /** Long ago: the dates of two answers drift apart, by what a busy machine asks for them one after the other (Clock.reported). */
  readonly launchTime = new Date(Date.now() - 3_600_000);

  constructor(readonly instanceId = 'i-0123456789abcdef0', readonly instanceType = 't3.micro', tags: Record<string, string> = {}) {
    this.tags = tags;
  }

  state(): MachineState {
    return this.current;
  }

  async answersArp(): Promise<boolean> {
    return this.answers;
  }

  async injectNmi(): Promise<void> {
    this.nmis += 1;
  }

  async reboot(): Promise<void> {
    this.reboots += 1;
  }

  async terminate(): Promise<void> {
    this.current = 'terminated';
  }

  consoleOutput(): string {
    return this.console;
  }
}

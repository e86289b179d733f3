/** The states of an EC2 instance. */
export type MachineState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

/** What the local AWS needs from whatever plays an EC2 instance: a virtual machine, or an object in a test. */
export interface Machine {
  readonly instanceId: string;
  readonly instanceType: string;
  readonly tags?: Record<string, string>;
  /** @default - when this AWS first sees it */
  readonly launchTime?: Date;
  state(): MachineState;
  /** Sends an ARP request to the machine's network card; this is the whole of EC2's instance status check. */
  answersArp(): Promise<boolean>;
  injectNmi(): Promise<void>;
  reboot(): Promise<void>;
  /** Ends it for good. */
  terminate?(): Promise<void>;
  /** Everything that the serial console has shown since the machine was started. */
  consoleOutput(): string;
}

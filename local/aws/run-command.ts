import { Clock } from './clock';
import { bindParameters, CommandDocument } from './command-document';

/** GetCommandInvocation: "the first 24,000 characters written by the plugin to stdout", and 8,000 of stderr. */
const STDOUT_CHARACTERS = 24_000;
const STDERR_CHARACTERS = 8_000;

export type CommandStatus = 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut';

/** What the agent posts when it has carried out a command. */
export interface CommandResult {
  readonly commandId: string;
  readonly status: 'Success' | 'Failed' | 'TimedOut';
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** How often the script was started: more than once after exit 194. */
  readonly runs?: number;
}

/** A document being carried out on one instance. */
export class CommandInvocation {
  readonly parameters: Record<string, unknown>;
  status: CommandStatus = 'Pending';
  statusDetails = 'Pending';
  started?: Date;
  ended?: Date;
  result?: CommandResult;

  constructor(
    /** The command's, which is the same on all its instances. */
    readonly commandId: string,
    readonly instanceId: string,
    readonly document: CommandDocument,
    given: Record<string, unknown> | undefined,
    /** Called at every change of status. */
    private readonly onChange: (invocation: CommandInvocation) => void = () => {},
  ) {
    this.parameters = bindParameters(document, given);
  }

  /** What the agent is sent. */
  message(): object {
    return { commandId: this.commandId, documentName: this.document.name, content: this.document.content, parameters: this.parameters };
  }

  accepted(): void {
    this.started = new Date();
    this.become('InProgress', 'InProgress');
  }

  notDelivered(): void {
    this.ended = new Date();
    this.become('TimedOut', 'DeliveryTimedOut');
  }

  finished(result: CommandResult): void {
    this.ended = new Date();
    this.result = result;
    this.become(result.status, result.status === 'TimedOut' ? 'ExecutionTimedOut' : result.status);
  }

  /** The answer of GetCommandInvocation. */
  describe(): object {
    const { started, ended, result } = this;
    return {
      CommandId: this.commandId,
      InstanceId: this.instanceId,
      DocumentName: this.document.name,
      DocumentVersion: '1',
      PluginName: (this.document.content.mainSteps[0] as { name?: string })?.name ?? 'runShellScript',
      ResponseCode: result?.exitCode ?? -1,
      ExecutionStartDateTime: started?.toISOString() ?? '',
      ExecutionEndDateTime: ended?.toISOString() ?? '',
      ExecutionElapsedTime: started && ended ? `PT${((ended.getTime() - started.getTime()) / 1000).toFixed(3)}S` : '',
      Status: this.status,
      StatusDetails: this.statusDetails,
      StandardOutputContent: result?.stdout.slice(0, STDOUT_CHARACTERS) ?? '',
      StandardErrorContent: result?.stderr.slice(0, STDERR_CHARACTERS) ?? '',
    };
  }

  private become(status: CommandStatus, details: string): void {
    this.status = status;
    this.statusDetails = details;
    this.onChange(this);
  }
}

/** The commands that wait for an instance's agent, and those that it has. */
export class CommandQueue {
  private readonly waiting: CommandInvocation[] = [];
  private readonly taken = new Map<string, CommandInvocation>();
  /** Told when there is something to take. */
  onWaiting?: () => void;

  constructor(private readonly clock: Clock) {}

  add(invocation: CommandInvocation, deliveryMinutes: number): void {
    this.waiting.push(invocation);
    this.clock.after(deliveryMinutes, () => {
      const index = this.waiting.indexOf(invocation);
      if (index < 0) return;
      this.waiting.splice(index, 1);
      invocation.notDelivered();
    });
    this.onWaiting?.();
  }

  /**
   * The next command for the agent. An agent asks only when it has nothing in hand (it resumes by itself what a restart cut off), so
   * what it was given and has not answered never reached it, and is given again.
   */
  take(): CommandInvocation | undefined {
    const invocation = [...this.taken.values()][0] ?? this.waiting.shift();
    if (invocation) {
      this.taken.set(invocation.commandId, invocation);
    }
    return invocation;
  }

  /** The agent has the command: only now does it count as begun. False if it was not given such a command. */
  accept(commandId: string): boolean {
    this.taken.get(commandId)?.accepted();
    return this.taken.has(commandId);
  }

  /** Takes the agent's word; false if it does not have such a command. */
  finish(result: CommandResult): boolean {
    const invocation = this.taken.get(result.commandId);
    if (!invocation) return false;
    this.taken.delete(result.commandId);
    invocation.finished(result);
    return true;
  }
}

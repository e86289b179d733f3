import { randomUUID } from 'node:crypto';
import { ACCOUNT, arn, REGION } from './account';
import { AwsError } from './aws-error';
import { Clock } from './clock';
import { EventBridge } from './event-bridge';
import { Iam, Role } from './iam';
import { Operation, Operations, Params } from './operation';
import { StepFunctionsEmulator } from './step-functions-emulator';

const HEADERS = {
  'x-moto-account-id': ACCOUNT,
  'authorization': `AWS4-HMAC-SHA256 Credential=AKIALOCAL/20260101/${REGION}/states/aws4_request, SignedHeaders=host, Signature=0`,
};
const STATES_PRINCIPAL = 'states.amazonaws.com';

export interface StateMachine {
  readonly name: string;
  readonly arn: string;
  readonly definition: string;
  readonly role: Role;
}

/** An execution, as it is known from its beginning on. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly input: string;
  readonly started: Date;
  /** What DescribeExecution said of it last. */
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  output?: string;
  error?: string;
  cause?: string;
}

/**
 * Step Functions: standard workflows, run by an emulator whose tasks call this endpoint. Waits and retries take the stand's minutes;
 * the time-out of the whole machine does too. The emulator starts with the first execution.
 */
export class StepFunctions {
  readonly stateMachines = new Map<string, StateMachine>();
  readonly executions: Execution[] = [];
  private emulator?: Promise<StepFunctionsEmulator>;
  private readonly created = new Map<string, Promise<void>>();
  private closed = false;

  readonly operations: Operations = {
    StartExecution: {
      params: ['stateMachineArn', 'name', 'input'],
      needs: ({ stateMachineArn }) => [{ action: 'states:StartExecution', resource: String(stateMachineArn) }],
      run: async ({ stateMachineArn, name, input }) => {
        const { arn: executionArn, started } = await this.start(stateMachineArn, input ?? '{}', name);
        return { executionArn, startDate: started };
      },
    },
    StopExecution: this.onExecution('StopExecution', ['executionArn', 'error', 'cause']),
    DescribeExecution: this.onExecution('DescribeExecution', ['executionArn']),
    GetExecutionHistory: this.onExecution('GetExecutionHistory', ['executionArn', 'maxResults', 'includeExecutionData', 'nextToken', 'reverseOrder']),
  };

  constructor(
    private readonly clock: Clock, private readonly iam: Iam, private readonly events: EventBridge, private readonly port: () => number,
    private readonly log: (line: string) => void,
  ) {}

  /** Creates a state machine; whether its definition can be understood shows at the first execution. */
  create(name: string, definition: string, role: Role): StateMachine {
    const machine = { name, arn: arn('states', `stateMachine:${name}`), definition, role };
    if (!role.trusts(STATES_PRINCIPAL, machine.arn)) throw new Error(`State machine ${name} has the role ${role.name}, which does not trust ${STATES_PRINCIPAL}.`);
    this.stateMachines.set(machine.arn, machine);
    return machine;
  }

  async start(stateMachineArn: string, input: string, name: string = randomUUID()): Promise<Execution> {
    const machine = this.stateMachines.get(stateMachineArn);
    if (!machine) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
    const emulator = await (this.emulator ??= this.startEmulator());
    await this.provide(machine, emulator);
    const execution: Execution = {
      arn: arn('states', `execution:${machine.name}:${name}`), name, stateMachineArn, input, started: new Date(), status: 'RUNNING',
    };
    if (this.executions.some(each => each.arn === execution.arn)) {
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${execution.arn}'`);
    }
    this.executions.push(execution);
    this.announce(execution);
    const { status, output } = await emulator.call('StartExecution', HEADERS, { stateMachineArn, name, input });
    if (status !== 200) throw errorOf(output, status);
    return execution;
  }

  async stop(executionArn: string): Promise<void> {
    const { status, output } = await this.forward('StopExecution', { executionArn });
    if (status !== 200) throw errorOf(output, status);
  }

  /** Starts the emulator before the first execution does, and gives it the state machines that there are. */
  async prepare(): Promise<void> {
    const emulator = await (this.emulator ??= this.startEmulator());
    await Promise.all([...this.stateMachines.values()].map(machine => this.provide(machine, emulator)));
  }

  /** What happened in an execution, in order: the events of GetExecutionHistory. */
  async history(executionArn: string): Promise<any[]> {
    const { output } = await (await this.emulator!).call('GetExecutionHistory', HEADERS, { executionArn, maxResults: 1000 });
    return output.events;
  }

  /** The process that runs the executions; there is none before the first one. */
  async emulatorPid(): Promise<number | undefined> {
    return (await this.emulator)?.pid;
  }

  async close(): Promise<void> {
    this.closed = true;
    await (await this.emulator?.catch(() => undefined))?.stop();
  }

  private onExecution(action: string, params: string[]): Operation {
    return {
      params,
      needs: ({ executionArn }) => [{ action: `states:${action}`, resource: String(executionArn) }],
      run: async given => {
        const { status, output } = await this.forward(action, given);
        if (status !== 200) throw errorOf(output, status);
        return output;
      },
    };
  }

  private async forward(action: string, given: Params): Promise<{ status: number; output: any }> {
    if (!this.executions.some(each => each.arn === given.executionArn)) {
      throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${given.executionArn}'`);
    }
    return (await this.emulator!).call(action, HEADERS, given);
  }

  private async startEmulator(): Promise<StepFunctionsEmulator> {
    const emulator = await StepFunctionsEmulator.start(this.port(), this.clock.minuteMs, executionArn => {
      this.ended(executionArn).catch((error: Error) => this.closed || this.log(`states: the end of ${executionArn} is not known: ${error.message}`));
    });
    await emulator.configure();
    return emulator;
  }

  /** Gives the emulator a state machine when it is first started. */
  private provide({ name, arn: machineArn, definition, role }: StateMachine, emulator: StepFunctionsEmulator): Promise<void> {
    const create = async () => {
      await emulator.admit(role.arn, this.iam.issueCredentials(role, name));
      const { status, output } = await emulator.call('CreateStateMachine', HEADERS, { name, definition: this.scaled(definition), roleArn: role.arn });
      if (status !== 200) throw new Error(`The state machine ${name} is not understood: ${JSON.stringify(output)}`);
    };
    const known = this.created.get(machineArn) ?? create();
    this.created.set(machineArn, known);
    return known;
  }

  /** The emulator takes the time-out of the machine in whole seconds of its own. */
  private scaled(definition: string): string {
    const { TimeoutSeconds, ...rest } = JSON.parse(definition);
    if (TimeoutSeconds === undefined) return definition;
    return JSON.stringify({ ...rest, TimeoutSeconds: Math.max(1, Math.round(this.clock.minutes(TimeoutSeconds / 60) / 1000)) });
  }

  private async ended(executionArn: string): Promise<void> {
    const execution = this.executions.find(each => each.arn === executionArn);
    if (!execution || this.closed) return;
    const { output } = await (await this.emulator!).call('DescribeExecution', HEADERS, { executionArn });
    Object.assign(execution, { status: output.status, output: output.output, error: output.error, cause: output.cause });
    this.log(`states: ${execution.name} ended as ${execution.status}${execution.error ? `: ${execution.error}: ${execution.cause}` : ''}`);
    this.announce(execution);
  }

  /** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
  private announce({ arn: executionArn, name, stateMachineArn, input, started, status, output, error, cause }: Execution): void {
    this.events.put('aws.states', 'Step Functions Execution Status Change', [executionArn], {
      executionArn,
      stateMachineArn,
      name,
      status,
      startDate: started.getTime(),
      stopDate: status === 'RUNNING' ? null : Date.now(),
      input,
      output: output ?? null,
      inputDetails: { included: true },
      outputDetails: output === undefined ? null : { included: true },
      error: error ?? null,
      cause: cause ?? null,
    });
  }
}

function errorOf({ __type, message, Message }: Record<string, string>, status: number): AwsError {
  return new AwsError(String(__type).split('#').pop()!, message ?? Message ?? '', status);
}

import { randomUUID } from 'node:crypto';
import { functionArn } from './account';
import { AwsError } from './aws-error';
import { Clock } from './clock';
import { Iam, Role } from './iam';
import { Execution, FunctionProperties, LambdaFunction } from './lambda-function';
import { Operations, Params } from './operation';
import { decide, PolicyDocument, Statement } from './policy';
import { InvokeOutput } from './protocols/rest-lambda';

/** Lambda waits a minute before the first retry of an asynchronous invocation, and two before the second. */
const RETRY_MINUTES = [1, 2];
const LOG_TAIL_BYTES = 4096;

/** How a function treats asynchronous invocations (AWS::Lambda::EventInvokeConfig). */
export interface AsyncConfig {
  readonly retries: number;
  readonly maximumAgeMinutes: number;
  /** Where Lambda would send the record of an event that it gave up; here it is only noted on the invocation. */
  readonly onFailure?: string;
}

/** An invocation of a function: the event, each attempt, and what became of it. */
export interface Invocation {
  readonly functionName: string;
  readonly requestId: string;
  /** The service principal or the caller's ARN. */
  readonly source: string;
  readonly event: any;
  readonly attempts: Execution[];
  state: 'running' | 'succeeded' | 'failed';
  /** The destination of an event that was given up. */
  discardedTo?: string;
}

/** Who wants a function invoked on its own account: a service, on behalf of a resource. */
export interface ServiceSource {
  readonly service: string;
  readonly arn: string;
  readonly account: string;
}

export interface LambdaOptions {
  /** Whether a process serves one invocation after the other, as Lambda's environments do. @default false: each is a cold start */
  readonly reuse?: boolean;
}

/** Says whether the function is to be killed at a call that it makes. */
export type KillCondition = (invocation: Invocation, call: { service: string; action: string; params: Params }) => boolean;

interface Deployed {
  readonly code: LambdaFunction;
  readonly role: Role;
  readonly permissions: Statement[];
  asyncConfig: AsyncConfig;
  /** When what runs has ended. */
  ended: Promise<unknown>;
}

/** Lambda: the functions, who may invoke them, and asynchronous invocation with its retries. */
export class Lambda {
  readonly functions = new Map<string, Deployed>();
  readonly invocations: Invocation[] = [];
  private readonly underway = new Set<Promise<void>>();
  private closed = false;
  private readonly kills: { condition: KillCondition; moment: 'before' | 'after' }[] = [];

  readonly operations: Operations = {
    Invoke: {
      params: ['FunctionName', 'InvocationType', 'LogType', 'Payload'],
      needs: params => [{ action: 'lambda:InvokeFunction', resource: functionArn(String(params.FunctionName).split(':function:').pop()!) }],
      run: async (params): Promise<InvokeOutput> => {
        const deployed = this.get(params.FunctionName);
        let event: unknown;
        try {
          event = params.Payload ? JSON.parse(params.Payload) : {};
        } catch {
          throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json');
        }
        if (params.InvocationType === 'DryRun') return { statusCode: 204, payload: '' };
        if (params.InvocationType === 'Event') {
          this.invokeAsync(deployed, 'lambda:Invoke', event);
          return { statusCode: 202, payload: '' };
        }
        const { result, error, logs } = (await this.call(params.FunctionName, event)).attempts[0];
        return {
          statusCode: 200,
          payload: error ? JSON.stringify(error) : result!,
          functionError: error ? 'Unhandled' : undefined,
          logTail: params.LogType === 'Tail' ? Buffer.from(logs.join('\n')).subarray(-LOG_TAIL_BYTES).toString() : undefined,
        };
      },
    },
  };

  constructor(
    private readonly clock: Clock,
    private readonly iam: Iam,
    private readonly endpoint: () => string,
    private readonly options: LambdaOptions = {},
  ) {}

  create(properties: FunctionProperties, role: Role): LambdaFunction {
    if (!role.trusts('lambda.amazonaws.com')) {
      throw new Error(`The role defined for the function cannot be assumed by Lambda: ${role.name} does not trust lambda.amazonaws.com.`);
    }
    const code = new LambdaFunction(properties, this.options.reuse);
    const asyncConfig = { retries: 2, maximumAgeMinutes: 360 };
    this.functions.set(properties.name, { code, role, permissions: [], asyncConfig, ended: Promise.resolve() });
    return code;
  }

  /** The function of a name or an ARN. */
  get(nameOrArn: string): Deployed {
    const deployed = this.functions.get(nameOrArn.split(':function:').pop()!);
    if (!deployed) throw new AwsError('ResourceNotFoundException', `Function not found: ${functionArn(nameOrArn.split(':function:').pop()!)}`, 404);
    return deployed;
  }

  /** Invokes synchronously, as an operator does. */
  async call(nameOrArn: string, event: unknown): Promise<Invocation> {
    const deployed = this.get(nameOrArn);
    const invocation = this.begin(deployed, 'lambda:Invoke', event);
    await this.track(this.attempt(deployed, invocation));
    invocation.state = invocation.attempts[0].error ? 'failed' : 'succeeded';
    return invocation;
  }

  /** Invokes asynchronously for a service, if a permission of the function lets it; otherwise answers why not. */
  invokeFrom(source: ServiceSource, nameOrArn: string, event: unknown): string | undefined {
    const deployed = this.functions.get(nameOrArn.split(':function:').pop()!);
    if (!deployed) return 'the function does not exist';
    const policy: PolicyDocument = { Statement: deployed.permissions };
    const context = { 'aws:SourceArn': source.arn, 'aws:SourceAccount': source.account };
    if (!decide([policy], { action: 'lambda:InvokeFunction', resource: deployed.code.arn, service: source.service, context }).allowed) {
      return `no AWS::Lambda::Permission lets ${source.service} invoke it for ${source.arn}`;
    }
    this.invokeAsync(deployed, source.service, event);
    return undefined;
  }

  /** Resolves when no execution of the function is underway. */
  async ended(nameOrArn: string): Promise<void> {
    await this.functions.get(nameOrArn.split(':function:').pop()!)?.ended;
  }

  /**
   * Kills the function's process when it makes a call for which the condition holds: when the call arrives, before it is carried
   * out, or after that and before it is answered. Lambda sees a runtime that exited; an asynchronous invocation is tried again, and
   * the condition is asked again (`invocation.attempts` has the attempts before).
   */
  killWhen(condition: KillCondition, moment: 'before' | 'after' = 'before'): void {
    this.kills.push({ condition, moment });
  }

  /** Answers whether the caller was killed at this moment of its call. */
  killed(accessKeyId: string, call: Parameters<KillCondition>[1], moment: 'before' | 'after'): boolean {
    const kills = this.kills.filter(kill => kill.moment === moment);
    if (!kills.length) return false;
    for (const { code } of this.functions.values()) {
      const requestId = code.requestOf(accessKeyId);
      const invocation = this.invocations.find(one => one.requestId === requestId);
      if (!requestId || !invocation || !kills.some(({ condition }) => condition(invocation, call))) continue;
      code.kill(requestId);
      return true;
    }
    return false;
  }

  /** Ends what is running; no retry comes after. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.functions.values()].map(({ code }) => code.close()));
    await Promise.all(this.underway);
  }

  private begin(deployed: Deployed, source: string, event: unknown): Invocation {
    const invocation: Invocation = {
      functionName: deployed.code.properties.name, requestId: randomUUID(), source, event, attempts: [], state: 'running',
    };
    this.invocations.push(invocation);
    return invocation;
  }

  private invokeAsync(deployed: Deployed, source: string, event: unknown): void {
    const invocation = this.begin(deployed, source, event);
    const born = Date.now();
    const run = async () => {
      if (this.closed) return;
      await this.attempt(deployed, invocation);
      const tries = invocation.attempts.length;
      if (!invocation.attempts[tries - 1].error) {
        invocation.state = 'succeeded';
        return;
      }
      const { retries, maximumAgeMinutes, onFailure } = deployed.asyncConfig;
      const tooOld = Date.now() - born + this.clock.minutes(RETRY_MINUTES[tries - 1] ?? 0) > this.clock.minutes(maximumAgeMinutes);
      if (tries > retries || tooOld) {
        invocation.discardedTo = onFailure;
        invocation.state = 'failed';
      } else {
        this.clock.after(RETRY_MINUTES[tries - 1], () => void this.track(run()));
      }
    };
    void this.track(run());
  }

  private async attempt(deployed: Deployed, invocation: Invocation): Promise<void> {
    const { code, role } = deployed;
    const { requestId, event } = invocation;
    const execution = code.execute(requestId, event, () => ({
      ...this.iam.issueCredentials(role, code.properties.name),
      AWS_ENDPOINT_URL: this.endpoint(),
    }));
    deployed.ended = Promise.allSettled([deployed.ended, execution]);
    invocation.attempts.push(await execution);
  }

  private track(work: Promise<void>): Promise<void> {
    const done = work.finally(() => this.underway.delete(settled));
    const settled: Promise<void> = done.catch(() => {});
    this.underway.add(settled);
    return done;
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { LocalAws, LocalAwsOptions } from '../../local/aws/aws-endpoint';
import { FunctionError } from '../../local/aws/lambda-environment';
import { Execution } from '../../local/aws/lambda-function';
import {
  DiagnosticInterrupt, DiagnosticInterruptAction, DiagnosticInterruptProps, KdumpAssociation, KdumpTargets, UnresponsiveAlarm, UnresponsiveSignal,
} from '../../src';
import { Outcome } from '../../src/interrupt/respond';
import { MemoryMachine } from '../local/aws/memory-machine';

process.env.CDK_VALIDATION = 'false';
export const TIMEOUT = 30_000;
export const WEB = 'i-0123456789abcdef0';

export interface Setting extends Partial<Omit<DiagnosticInterruptProps, 'kdump' | 'targets'>> {
  readonly tags?: Record<string, string>;
  readonly targets?: (instance: CfnInstance) => KdumpTargets;
  /** Whether there is an alarm on the instance; without one nothing happens but what the test does. @default true */
  readonly alarm?: boolean;
  /** What the alarm watches. */
  readonly signal?: UnresponsiveSignal;
  readonly aws?: LocalAwsOptions;
  /** Defines more. */
  readonly also?: (stack: Stack, interrupt: DiagnosticInterrupt, instance: CfnInstance) => void;
}

export interface Answer {
  readonly outcome?: Outcome;
  readonly error?: FunctionError;
  readonly logs: string[];
}

/**
 * The synthesised template, the bundled function and its SDK clients, over HTTP; only the machines are in memory. One instance with an
 * alarm, kdump and the interrupt.
 */
export class Deployed {
  public static async deploy(setting: Setting = {}): Promise<Deployed> {
    const deployed = new Deployed(new LocalAws({ minuteMs: 200, ...setting.aws }));
    await deployed.local.listen();
    deployed.carryOut(setting);
    return deployed;
  }

  public machine!: MemoryMachine;
  private readonly directory = mkdtempSync(join(tmpdir(), 'deployed-'));

  private constructor(public readonly local: LocalAws) {
  }

  public async close(): Promise<void> {
    await this.local.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Plays the agent on an instance, whose kdump program ends like this. */
  public async agentReports(exitCode: number, instanceId = WEB): Promise<void> {
    const agent = `http://127.0.0.1:${this.local.port}/agent/${instanceId}`;
    const { commandId } = await (await fetch(`${agent}/next`)).json() as { commandId: string };
    const post = (verb: string, body: object) => fetch(`${agent}/${verb}`, { method: 'POST', body: JSON.stringify(body) });
    await post('accepted', { commandId });
    await post('result', { commandId, status: exitCode ? 'Failed' : 'Success', exitCode, stdout: '', stderr: '', runs: 1 });
  }

  /** The machine stops answering, and EC2 has noticed; the alarm has not gone off yet. */
  public async stopAnswering(): Promise<void> {
    await this.seenAs('ok');
    this.machine.answers = false;
    await this.seenAs('impaired');
  }

  /** The machine stops answering; the alarm goes off by itself and the function has decided. */
  public async hang(): Promise<Answer> {
    await this.seenAs('ok');
    this.machine.answers = false;
    const { invocations } = this.local;
    const [invocation] = await this.local.waitFor('a verdict', () => invocations.some(each => each.attempts.length) && invocations, TIMEOUT);
    return answerOf(invocation.attempts[0]);
  }

  /** Calls the function as an operator would. */
  public async call(event: unknown): Promise<Answer> {
    const { attempts: [attempt] } = await this.local.lambda.call(this.functionName, event);
    return answerOf(attempt);
  }

  public get functionName(): string {
    return [...this.local.lambda.functions.values()].find(({ code }) => code.properties.variables.INTERRUPT_POLICY)!.code.properties.name;
  }

  /** What the function asked of AWS. */
  public get calls() {
    return this.local.calls.filter(each => each.caller.includes(':assumed-role/') && each.action !== 'SendCommand');
  }

  private async seenAs(status: string): Promise<void> {
    await this.local.waitFor(`the machine to be seen as ${status}`, () => this.local.ec2.get(WEB).status === status, TIMEOUT);
  }

  private carryOut({ tags = {}, targets = KdumpTargets.instance, alarm = true, signal, aws: _, also, ...props }: Setting): void {
    this.machine = new MemoryMachine(WEB, 't3.micro', tags);
    const stack = new Stack(new App({ outdir: this.directory }), 'Test');
    const instance = new CfnInstance(stack, 'Web', { instanceType: 't3.micro' });
    const kdump = new KdumpAssociation(stack, 'Kdump', { targets: targets(instance) });
    const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump, signals: signal && [signal], ...props });
    if (alarm) new UnresponsiveAlarm(stack, 'Alarm', { instance, signal }).addAlarmAction(DiagnosticInterruptAction.of(interrupt));
    also?.(stack, interrupt, instance);
    (stack.node.root as App).synth();
    this.local.deploy(this.directory, 'Test', { machines: { Web: this.machine } });
  }
}

/** The lines of the log that are metrics. */
export function metricsIn(logs: string[]): any[] {
  return logs.map(line => JSON.parse(line)).filter(line => line._aws);
}

export function linesIn(logs: string[]): any[] {
  return logs.map(line => JSON.parse(line)).filter(line => !line._aws);
}

function answerOf({ result, error, logs }: Execution): Answer {
  return { outcome: result === undefined ? undefined : JSON.parse(result), error, logs };
}

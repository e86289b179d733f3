import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { App, Stack } from 'aws-cdk-lib';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { DumpingMachine, DumpingOptions } from './dumping-machine';
import { HostAgent } from './host-agent';
import { REGION } from '../../local/aws/account';
import { Group } from '../../local/aws/auto-scaling-group';
import { LocalAws, LocalAwsOptions } from '../../local/aws/aws-endpoint';
import { Execution } from '../../local/aws/step-functions';
import {
  CrashDumpResponse, CrashDumpResponseProps, DiagnosticInterrupt, DumpContents, FleetWatch, KdumpAssociation, KdumpTargets, UnresponsiveAlarm,
} from '../../src';

process.env.CDK_VALIDATION = 'false';
export const WEB = 'i-0123456789abcdef0';
export const GROUP = 'web';
const LONGEST_MS = 120_000;
const MIB = 1024 * 1024;

export interface Setting extends Partial<Omit<CrashDumpResponseProps, 'interrupt'>> {
  readonly machine?: Partial<Omit<DumpingOptions, 'crash'>>;
  /** Makes the instance the member of a group. */
  readonly group?: { readonly minSize?: number; readonly hook?: boolean; readonly drainMinutes?: number; readonly replaceAfterMinutes?: number };
  readonly alarms?: number;
  /** Whether a fleet watch starts the workflow, instead of alarms. @default false */
  readonly fleetWatch?: boolean;
  /** Whether the program of kdump ends well. @default true */
  readonly armed?: boolean;
  readonly aws?: LocalAwsOptions;
}

/**
 * The synthesised workflow in its interpreter, the bundled functions, the program of the collection in a real shell, S3 and DynamoDB in
 * kept emulators; only the machine is in memory, and the group.
 */
export class Responded {
  public static async deploy(setting: Setting = {}): Promise<Responded> {
    const local = new LocalAws({ minuteMs: 500, lambda: { reuse: true }, ...setting.aws });
    await local.listen();
    const responded = new Responded(local, setting);
    // Its start takes as long here as a quarter of an hour of AWS's.
    await local.stepFunctions.prepare();
    await responded.until('kdump to be armed, or not, and the instance to be seen as healthy', () => {
      const [association] = local.ssm.stateManager.associations;
      return association.statuses.get(WEB)?.Status === (setting.armed === false ? 'Failed' : 'Success') && local.ec2.get(WEB).status === 'ok';
    });
    return responded;
  }

  public readonly machine: DumpingMachine;
  public readonly vmcore: Buffer;
  public readonly group?: Group;
  private readonly agent: HostAgent;
  private readonly directory = mkdtempSync(join(tmpdir(), 'responded-'));

  private constructor(public readonly local: LocalAws, setting: Setting) {
    const crash = join(this.directory, 'crash');
    mkdirSync(crash);
    this.vmcore = setting.machine?.vmcore ?? randomBytes(12 * MIB + 345);
    this.machine = new DumpingMachine(local.clock, { crash, ...setting.machine, vmcore: this.vmcore }, WEB);
    this.synthesise(setting, crash);
    local.deploy(join(this.directory, 'cdk.out'), 'Test', { machines: { Web: this.machine } });
    // The one thing that is not as in production: parts of half a GiB would be too much for a test.
    const { variables } = [...local.lambda.functions.values()].find(({ code }) => code.properties.variables.COLLECTION_POLICY)!.code.properties;
    variables.COLLECTION_POLICY = variables.COLLECTION_POLICY.replace(/"partMib":\d+/, '"partMib":5');
    const { group } = setting;
    if (group) {
      this.group = local.autoScaling.createGroup({
        name: GROUP,
        minSize: group.minSize ?? 1,
        maxSize: 3,
        desired: 1,
        drainMinutes: group.drainMinutes,
        replaceAfterMinutes: group.replaceAfterMinutes ?? 240,
        hooks: group.hook ? [{ name: 'drain', transition: 'autoscaling:EC2_INSTANCE_TERMINATING', heartbeatMinutes: 90 }] : [],
      });
      local.autoScaling.attach(GROUP, WEB);
    }
    this.agent = new HostAgent(local, this.machine, setting.armed === false ? 20 : 0);
  }

  public async close(): Promise<void> {
    await this.agent.close();
    await this.local.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** There is one report, of this outcome, by message, by event and by OpsItem. */
  public expectReport(outcome: string, message: RegExp): void {
    expect(this.messages).toHaveLength(1);
    expect(this.messages[0].body).toMatch(message);
    expect(this.events).toMatchObject([{ version: 1, outcome, instanceId: WEB }]);
    expect(this.local.ssm.opsItems).toHaveLength(1);
  }

  /** Everything is in the bucket as it is on the machine. */
  public async expectCollected(): Promise<void> {
    const [log, dump] = this.events[0].dump.files;
    const { s3 } = this.local;
    expect(await s3.keys(this.bucket)).toEqual([log.key, dump.key].sort());
    expect((await s3.object(this.bucket, dump.key)).equals(this.vmcore)).toBe(true);
    expect(dump.key).toMatch(/^i-0123456789abcdef0\/\d{8}T\d{6}Z\/dump\.\d+$/);
    expect(s3.unfinished).toBe(0);
  }

  /** The machine hangs; what follows from it is over when nothing runs any more. Answers the execution that had the claim. */
  public async hang(): Promise<Execution> {
    this.machine.hang();
    return this.over();
  }

  public async over(): Promise<Execution> {
    const { stepFunctions: { executions } } = this.local;
    await this.until('the end of the workflow', () => this.messages.length > 0 && executions.every(({ status }) => status !== 'RUNNING'));
    return executions.find(({ output, status }) => status === 'FAILED' || output?.includes('"report"')) ?? executions[0];
  }

  /** Somebody stops the last execution. */
  public async stop(): Promise<void> {
    await this.local.stepFunctions.stop(this.local.stepFunctions.executions.at(-1)!.arn);
  }

  /** Somebody starts the workflow, with no alarm. */
  public async startByHand(): Promise<void> {
    const [arn] = this.local.stepFunctions.stateMachines.keys();
    await this.local.stepFunctions.start(arn, JSON.stringify({ instanceId: WEB, reason: 'it seems to hang' }));
  }

  /** Somebody else's instance has taken the interrupt that the breaker allows. */
  public async spendBreaker(): Promise<void> {
    const client = this.dynamodb();
    await client.send(new PutItemCommand({
      TableName: this.claims,
      Item: { kind: { S: 'breaker' }, name: { S: '000' }, claim: { S: 'other' }, expiresAt: { N: String(Math.floor(Date.now() / 1000) + 3600) } },
    }));
    client.destroy();
  }

  public until<T>(what: string, condition: () => T | undefined | false | null): Promise<T> {
    return this.local.waitFor(what, condition, LONGEST_MS);
  }

  /** The names of the executions that have left a record of their incident. */
  public async records(): Promise<string[]> {
    const client = this.dynamodb();
    const { Items = [] } = await client.send(new QueryCommand({
      TableName: this.claims, KeyConditionExpression: 'kind = :kind', ExpressionAttributeValues: { ':kind': { S: 'incident' } },
    }));
    client.destroy();
    return Items.map(({ name }) => name.S!);
  }

  /** The state data at the end of an execution. */
  public dataOf({ output }: Execution): any {
    return JSON.parse(output ?? '{}');
  }

  public get bucket(): string {
    return [...this.local.s3.buckets][0];
  }

  public get messages() {
    return this.local.queues.topics.flatMap(({ messages }) => messages);
  }

  /** The details of the events that reported. */
  public get events(): any[] {
    return this.local.events.published.filter(event => event['detail-type'] === 'Crash Dump Response').map(({ detail }) => detail);
  }

  public get memberState(): string | undefined {
    return this.group?.members[0]?.lifecycleState;
  }

  private get claims(): string {
    const [policy] = [...this.local.lambda.functions.values()].flatMap(({ code }) => code.properties.variables.INTERRUPT_POLICY ?? []);
    return JSON.parse(policy).claims.tableName;
  }

  private dynamodb(): DynamoDBClient {
    return new DynamoDBClient({
      endpoint: `http://127.0.0.1:${this.local.port}`, region: REGION, credentials: { accessKeyId: 'OPERATOR', secretAccessKey: 'OPERATOR' },
    });
  }

  private synthesise(setting: Setting, crash: string): void {
    const { machine: _machine, group: _group, fleetWatch = false, alarms = fleetWatch ? 0 : 1, armed: _armed, aws: _aws, ...props } = setting;
    const stack = new Stack(new App({ outdir: join(this.directory, 'cdk.out') }), 'Test');
    const instance = new CfnInstance(stack, 'Web', { instanceType: 't3.micro' });
    const kdump = new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.instance(instance) });
    const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump });
    const groups = [AutoScalingGroup.fromAutoScalingGroupName(stack, 'Group', GROUP)];
    const response = new CrashDumpResponse(stack, 'Response', {
      interrupt, dumpPath: crash, contents: DumpContents.KERNEL_LOG_AND_VMCORE, autoScalingGroups: groups, opsItems: true, ...props,
    });
    for (let number = 1; number <= alarms; number++) response.addAlarm(new UnresponsiveAlarm(stack, `Alarm${number}`, { instance }));
    if (fleetWatch) response.addFleetWatch(new FleetWatch(stack, 'FleetWatch'));
    (stack.node.root as App).synth();
  }
}

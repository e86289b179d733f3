import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { REGION } from './aws/account';
import { LocalAws } from './aws/aws-endpoint';
import { Deployment } from './aws/deployment';
import { Machine } from './aws/machine';
import { Release } from './instance/release';
import { VirtualMachine } from './instance/virtual-machine';

/** What the example's instance is, on each architecture; EC2's figures for the types. */
const INSTANCE_ID = 'i-0123456789abcdef0';
const INSTANCE_TYPES = { amd64: 't3.small', arm64: 't4g.small' };
const MEMORY_MIB = 2048;
const POLL_MS = 250;
const COMMAND_SECONDS = 300;
const PART_MIB = 16;

/** How long one of AWS's minutes takes in the stand, so that an alarm of three minutes does not take three. */
export const MINUTE_MS = 5000;

/** Somebody who works on the account, with all permissions. */
const OPERATOR = { accessKeyId: 'OPERATOR', secretAccessKey: 'OPERATOR' };

/**
 * The local stand: one Linux machine in QEMU as the instance and one endpoint as AWS.
 *
 * In its work folder it leaves `console.log` (the machine's serial console) and `stand.log` (what AWS saw and did).
 */
export class LocalStand {
  /** Powers on the machine; it has not booted yet when this returns. @param image what its disk is at first */
  public static async powerOn(workDirectory: string, release: Release, image: string): Promise<LocalStand> {
    mkdirSync(workDirectory, { recursive: true });
    const log = (line: string) => appendFileSync(join(workDirectory, 'stand.log'), `${new Date().toISOString()} ${line}\n`);
    const aws = new LocalAws({ minuteMs: MINUTE_MS, log });
    const url = await aws.listen();
    const vm = new VirtualMachine({
      image,
      platform: release.platform,
      workDirectory,
      instanceId: INSTANCE_ID,
      endpointPort: aws.port,
      memoryMiB: MEMORY_MIB,
    });
    const stand = new LocalStand(aws, vm, url, release);
    try {
      await vm.start();
      aws.launch(stand.machine);
    } catch (error) {
      await stand.close();
      throw error;
    }
    return stand;
  }

  /** The instance as EC2 knows it. */
  public readonly machine: Machine;

  /** How often an NMI was sent to the machine. */
  public interrupts = 0;

  /** How often the machine was reset, by itself or by the operator. */
  public resets = 0;

  private readonly ssm: SSMClient;

  private constructor(public readonly aws: LocalAws, public readonly vm: VirtualMachine, public readonly url: string, release: Release) {
    this.machine = {
      instanceId: INSTANCE_ID,
      instanceType: INSTANCE_TYPES[release.platform.architecture],
      state: () => vm.isRunning() ? 'running' : 'stopped',
      answersArp: () => vm.answersArp(),
      injectNmi: () => {
        this.interrupts += 1;
        return vm.injectNmi();
      },
      // EC2 resets an instance that does not shut down when it is asked to; a hung one never does.
      reboot: () => vm.reset(),
      terminate: () => vm.stop(),
      consoleOutput: () => vm.consoleLog(),
    };
    vm.onReset(() => { this.resets += 1; });
    this.ssm = new SSMClient(this.clientConfiguration());
  }

  /** For SDK clients that the operator uses. */
  public clientConfiguration() {
    return { endpoint: this.url, region: REGION, credentials: OPERATOR };
  }

  /** Carries out a stack as `cdk synth` wrote it. @param path of the instance in the construct tree, or of the group that it is in */
  public deploy(cloudAssembly: string, stackName: string, path: string): Deployment {
    const deployment = this.aws.deploy(cloudAssembly, stackName, {
      machines: { [path]: this.machine }, members: { [`${path}/ASG`]: [this.machine.instanceId] },
    });
    this.cutSmaller();
    return deployment;
  }

  /** The one thing that is not as in production: the dump of a small machine would be a single part of half a GiB. */
  private cutSmaller(): void {
    for (const { code: { properties: { variables } } } of this.aws.lambda.functions.values()) {
      const policy = variables.COLLECTION_POLICY;
      if (policy) variables.COLLECTION_POLICY = policy.replace(/"partMib":\d+/, `"partMib":${PART_MIB}`);
    }
  }

  /** Waits until the agent asks for work, having been silent or not; `since` excludes what it asked before. */
  public async agentOnline(timeoutMs: number, since = new Date(0)): Promise<void> {
    await this.waitFor('the agent on the instance to come online', () => {
      const node = this.aws.ssm.agents.nodes.get(this.machine.instanceId);
      return node !== undefined && node.lastPing > since;
    }, timeoutMs);
  }

  /** Runs a shell script on the instance by Run Command and returns its standard output. */
  public async runScript(...lines: string[]): Promise<string> {
    const InstanceId = this.machine.instanceId;
    const { Command } = await this.ssm.send(new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript', InstanceIds: [InstanceId], Parameters: { commands: lines },
    }));
    const deadline = Date.now() + COMMAND_SECONDS * 1000;
    for (;;) {
      const seen = await this.ssm.send(new GetCommandInvocationCommand({ CommandId: Command!.CommandId!, InstanceId }));
      if (seen.Status === 'Success') {
        return seen.StandardOutputContent ?? '';
      }
      if ((seen.Status !== 'Pending' && seen.Status !== 'InProgress') || Date.now() > deadline) {
        throw new Error(`The script ended as ${seen.Status} with exit code ${seen.ResponseCode}:\n${lines.join('\n')}\n`
          + `${seen.StandardOutputContent}\n${seen.StandardErrorContent}`);
      }
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  }

  /** Waits until a condition gives something, and answers that; with the machine off there is nothing to wait for. */
  public waitFor<T>(what: string, condition: () => T | undefined | false | null, timeoutMs: number): Promise<T> {
    return this.aws.waitFor(what, () => {
      if (!this.vm.isRunning()) {
        throw new Error(`Waited for ${what}, but QEMU has ended; see qemu.log beside ${this.vm.consoleLogPath}.`);
      }
      return condition();
    }, timeoutMs);
  }

  /** Ends everything: no process, timer or socket is left. */
  public async close(): Promise<void> {
    this.ssm.destroy();
    await this.vm.stop();
    await this.aws.close();
  }
}

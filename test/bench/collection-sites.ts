import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalAws } from '../../local/aws/aws-endpoint';
import { DiskImage } from '../../local/instance/disk-image';
import { DEBIAN_12 } from '../../local/instance/release';
import { LocalStand } from '../../local/stand';
import { DumpingMachine } from '../response/dumping-machine';
import { HostAgent } from '../response/host-agent';

const BOOT_MS = 15 * 60_000;

/** The name and the secret of who works on the account. */
export const OPERATOR = 'OPERATOR';

/** Where a dump lies, with an agent that carries out the document of the collection. */
export interface CollectionSite {
  readonly aws: LocalAws;
  readonly url: string;
  readonly instanceId: string;
  readonly dumpPath: string;
  /** Runs a shell script there, which ends at the first command that fails. @throws when one does */
  run(...lines: string[]): Promise<void>;
}

/** An emulated machine. */
export class Machine implements CollectionSite {
  public static async boot(): Promise<Machine> {
    const directory = mkdtempSync(join(tmpdir(), 'collection-'));
    const stand = await LocalStand.powerOn(directory, DEBIAN_12, await new DiskImage(DEBIAN_12).provide());
    await stand.agentOnline(BOOT_MS);
    return new Machine(stand, directory);
  }

  public readonly dumpPath = '/var/crash';
  public readonly aws: LocalAws;
  public readonly url: string;
  public readonly instanceId: string;

  private constructor(private readonly stand: LocalStand, private readonly directory: string) {
    this.aws = stand.aws;
    this.url = stand.url;
    this.instanceId = stand.machine.instanceId;
  }

  public async run(...lines: string[]): Promise<void> {
    await this.stand.runScript('set -e', ...lines);
  }

  /** Leaves its AWS, for another site. */
  public powerOff(): Promise<void> {
    return this.stand.vm.stop();
  }

  public async close(): Promise<void> {
    await this.stand.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The machine that the bench runs on, with its own processor, disk and shell. */
export class Host implements CollectionSite {
  public readonly dumpPath: string;
  public readonly instanceId = 'i-0fedcba9876543210';
  private readonly directory = mkdtempSync(join(tmpdir(), 'collection-'));
  private readonly agent: HostAgent;

  constructor(public readonly aws: LocalAws, public readonly url: string) {
    this.dumpPath = join(this.directory, 'crash');
    mkdirSync(this.dumpPath);
    const machine = new DumpingMachine(aws.clock, { crash: this.dumpPath, vmcore: Buffer.alloc(0) }, this.instanceId);
    aws.launch(machine);
    this.agent = new HostAgent(aws, machine);
  }

  public async run(...lines: string[]): Promise<void> {
    const child = spawn('sh', ['-ec', lines.join('\n')], { stdio: ['ignore', 'ignore', 'inherit'] });
    const code = await new Promise(resolve => child.once('close', resolve));
    if (code !== 0) throw new Error(`A script ended with ${code}:\n${lines.join('\n')}`);
  }

  public async close(): Promise<void> {
    await this.agent.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

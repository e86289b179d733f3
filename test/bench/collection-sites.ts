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
  /** Runs a shell script there. */
  run(...lines: string[]): Promise<void>;
  close(): Promise<void>;
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
    await this.stand.runScript(...lines);
  }

  public async close(): Promise<void> {
    await this.stand.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The machine that the bench runs on, with its own processor, disk and shell. */
export class Host implements CollectionSite {
  public static async prepare(): Promise<Host> {
    const aws = new LocalAws();
    return new Host(aws, await aws.listen(), mkdtempSync(join(tmpdir(), 'collection-')));
  }

  public readonly dumpPath: string;
  public readonly instanceId: string;
  private readonly agent: HostAgent;

  private constructor(public readonly aws: LocalAws, public readonly url: string, private readonly directory: string) {
    this.dumpPath = join(directory, 'crash');
    mkdirSync(this.dumpPath);
    const machine = new DumpingMachine(aws.clock, { crash: this.dumpPath, vmcore: Buffer.alloc(0) });
    aws.launch(machine);
    this.instanceId = machine.instanceId;
    this.agent = new HostAgent(aws, machine);
  }

  public async run(...lines: string[]): Promise<void> {
    const child = spawn('sh', ['-ec', lines.join('\n')], { stdio: ['ignore', 'ignore', 'inherit'] });
    const code = await new Promise(resolve => child.once('close', resolve));
    if (code !== 0) throw new Error(`A script ended with ${code}:\n${lines.join('\n')}`);
  }

  public async close(): Promise<void> {
    await this.agent.close();
    await this.aws.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

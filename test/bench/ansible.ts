import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { providePython } from '../../local/python-environment';

const HERE = join(__dirname, 'ansible');
const REQUIREMENTS = join(__dirname, 'ansible-requirements.txt');

/** A playbook for kdump, which is applied to a folder of this machine again and again. */
export class Playbook {
  public static async provide(say: (progress: string) => void): Promise<Playbook> {
    const playbook = new Playbook(await providePython(say, REQUIREMENTS));
    playbook.apply(); // the first time it changes something
    return playbook;
  }

  private readonly root = mkdtempSync(join(tmpdir(), 'playbook-'));

  private constructor(private readonly python: string) {
  }

  /** How long it takes, and what it says that it changed. */
  public apply(): { ms: number; changed: number } {
    const start = performance.now();
    const { status, stdout, stderr, error } = spawnSync(this.python, ['-m', 'ansible', 'playbook', 'kdump.yml', '--extra-vars', `root=${this.root}`], {
      cwd: HERE,
      encoding: 'utf8',
      // Ansible insists on a UTF-8 locale.
      env: { ...process.env, PATH: `${dirname(this.python)}:${process.env.PATH}`, LC_ALL: 'C.UTF-8', ANSIBLE_CONFIG: join(HERE, 'ansible.cfg') },
    });
    const ms = performance.now() - start;
    if (error) throw new Error(`The playbook cannot be started: ${error.message}`);
    const recap = /ok=\d+\s+changed=(\d+)\s+unreachable=0\s+failed=0/.exec(stdout);
    if (status !== 0 || !recap) throw new Error(`The playbook failed: ${stdout}${stderr}`);
    return { ms, changed: Number(recap[1]) };
  }

  public remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

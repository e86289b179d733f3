/**
 * Records the picture of the demo's screen that the README shows, docs/demo.svg: types `npm run demo` into a real terminal, waits until it has
 * ended, and draws what is there.
 *
 * Usage: tsx local/record-screen.ts [options of the demo]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { providePython } from './python-environment';

const ROOT = join(__dirname, '..');
const PICTURE = join(ROOT, 'docs', 'demo.svg');
const COLUMNS = 104;
/** More than it writes. */
const ROWS = 200;
const PROMPT = '$';
const LONGEST_MS = 40 * 60_000;
/** Of a picture in a README. */
const MAXIMUM_BYTES = 60_000;

/** A terminal of its own, with a shell in it. */
class Terminal {
  private readonly folder = mkdtempSync(join(tmpdir(), 'demo-record-'));

  public open(): void {
    this.tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'demo', '-x', String(COLUMNS), '-y', String(ROWS), '-c', ROOT, `env PS1='${PROMPT} ' sh`);
  }

  public type(line: string): void {
    this.tmux('send-keys', '-t', 'demo', line, 'Enter');
  }

  /** What is on the screen, with its colours or without. */
  public screen(...colours: Array<'-e'>): string {
    return this.tmux('capture-pane', '-p', ...colours, '-t', 'demo').trimEnd();
  }

  public close(): void {
    this.tmux('kill-server');
    rmSync(this.folder, { recursive: true });
  }

  private tmux(...args: string[]): string {
    return execFileSync('tmux', ['-S', join(this.folder, 'socket'), ...args], { encoding: 'utf8' });
  }
}

async function main(): Promise<void> {
  const python = await providePython(what => console.log(what), join(__dirname, 'screen-requirements.txt'));
  const command = ['npm run demo', ...process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : []].join(' ');
  const terminal = new Terminal();
  terminal.open();
  try {
    await until(terminal, screen => screen === PROMPT);
    terminal.type(command);
    await until(terminal, screen => screen.split('\n').length > 2 && screen.endsWith(`\n${PROMPT}`));
    const screen = terminal.screen();
    requirePublishable(screen);
    const coloured = terminal.screen('-e').split('\n').slice(0, -1).join('\n');
    const svg = execFileSync(python, [join(__dirname, 'screen-to-svg.py'), String(COLUMNS), command], { input: coloured, encoding: 'utf8' });
    if (svg.length > MAXIMUM_BYTES) throw new Error(`The picture has ${svg.length} bytes; a README's has ${MAXIMUM_BYTES} at most.`);
    writeFileSync(PICTURE, svg);
    console.log(`Wrote ${PICTURE}, ${svg.length} bytes.`);
  } finally {
    terminal.close();
  }
}

async function until(terminal: Terminal, condition: (screen: string) => boolean): Promise<void> {
  const deadline = Date.now() + LONGEST_MS;
  while (!condition(terminal.screen())) {
    if (Date.now() > deadline) throw new Error(`After ${LONGEST_MS / 60_000} minutes the screen shows:\n${terminal.screen()}`);
    await setTimeout(500);
  }
}

/** Throws unless the demo has succeeded, and nothing of this computer is on the screen. */
function requirePublishable(screen: string): void {
  if (!/^ok, in /m.test(screen)) throw new Error(`The demo has not succeeded:\n${screen}`);
  const own = [hostname(), userInfo().username, homedir(), ROOT, tmpdir()];
  const shown = own.filter(word => new RegExp(`(?<![\\w-])${word.replace(/[^\w]/g, '\\$&')}(?![\\w-])`).test(screen));
  if (shown.length > 0) throw new Error(`The screen shows what is this computer's own: ${shown.join(', ')}\n${screen}`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});

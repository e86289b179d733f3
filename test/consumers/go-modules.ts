import { tmpdir } from 'node:os';
import { run } from './workshop';

const MISSING = /(\S+)@(v\S+): reading [\s\S]*?(?:403|404|410|not available)/;
const MOST_REPLACED = 20;

/**
 * `go mod tidy`. A proxy may not keep every version of a module: one that it does not have is replaced by the next that it has.
 */
export function tidy(folder: string): void {
  for (let replaced = 0; ; replaced++) {
    try {
      run(folder, 'go', ['mod', 'tidy']);
      return;
    } catch (error) {
      const [, module, version] = String(error).match(MISSING) ?? [];
      if (!module || replaced === MOST_REPLACED) throw error;
      const next = versionsOf(module).find(each => isNewer(each, version));
      if (!next) throw error;
      console.warn(`The Go proxy does not have ${module} ${version}; ${next} is taken instead.`);
      run(folder, 'go', ['mod', 'edit', `-replace=${module}@${version}=${module}@${next}`]);
    }
  }
}

/** From the oldest on. Asked in a folder that is no module: one whose requirements the proxy lacks gets no answer. */
function versionsOf(module: string): string[] {
  return run(tmpdir(), 'go', ['list', '-m', '-versions', module], { GOFLAGS: '' }).trim().split(/\s+/).filter(each => /^v[\d.]+$/.test(each));
}

function isNewer(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) > 0;
}

import { spawnSync } from 'child_process';
import * as fc from 'fast-check';
import { KdumpProgramSettings, renderKdumpProgram } from '../../../src/kdump/kdump-program';

const SETTINGS: KdumpProgramSettings = { crashKernel: 'auto', rebootPolicy: 'never', dumpPath: '/var/crash', version: '1.2.3' };
const NAMES = { crashKernel: 'CRASHKERNEL', rebootPolicy: 'REBOOT_POLICY', dumpPath: 'DUMP_PATH', version: 'PROGRAM_VERSION' } as const;
const KEYS = Object.keys(NAMES) as (keyof typeof NAMES)[];

function header(program: string): string {
  return program.slice(0, program.indexOf('exit_code_of()')).replace(/^PROGRAM_ID='[0-9a-f]{16}'$/m, '');
}

test.each(['auto', '256M', '1G', '512M-2G:128M,2G-:256M', '0M-2G:128M', '512M,high', '512M,high 72M,low', '512M,high 0M,low'])(
  'crashKernel %p is let through', crashKernel => {
    expect(renderKdumpProgram({ ...SETTINGS, crashKernel })).toContain(`\nCRASHKERNEL='${crashKernel}'\n`);
  });

test.each(['', 'AUTO', '256', '256m', '256 M', '256M@16M', '512M-2G', '512M-2G:128M,', '512M,low', "256M'", '256M;reboot', '256M\n', '$(reboot)'])(
  'refuses crashKernel %p', crashKernel => {
    expect(() => renderKdumpProgram({ ...SETTINGS, crashKernel })).toThrow(/crashKernel is .*allowed is .*Use CrashKernel/s);
  });

test.each(['', '/', 'var/crash', '/var/crash/', '/var//crash', '/var/../etc', '/var/.crash', '/-rf', '/var/my crash', "/var/'", '/var/$HOME', '/var\n',
  `/${'a'.repeat(200)}`])('refuses dumpPath %p', dumpPath => {
  expect(() => renderKdumpProgram({ ...SETTINGS, dumpPath })).toThrow(/dump\.path is .*allowed is .*Take a directory/s);
});

test('refuses a reboot policy and a version that it does not know', () => {
  expect(() => renderKdumpProgram({ ...SETTINGS, rebootPolicy: 'always' as any })).toThrow(/rebootPolicy is "always"/);
  expect(() => renderKdumpProgram({ ...SETTINGS, version: '1.2.3 beta' })).toThrow(/version is "1.2.3 beta"/);
});

describe('no value breaks out of its quotes', () => {
  // Near misses find more than random text: accepted characters with one of those that a shell or the kernel gives a meaning.
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom('auto', '256M', '512M-2G:128M', ',', '2G-:256M', ',high', ' 72M,low', '/var', '/crash', '1.2.3', 'never', "'", '"', '\\',
      '\n', '\r', '\0', ' ', ';', '$(id)', '`id`', '{{', '..', '#', '=')).map(parts => parts.join('')),
  );

  test.each(KEYS)('%s is refused, or stands alone between single quotes', key => {
    const others = header(renderKdumpProgram(SETTINGS)).replace(new RegExp(`^${NAMES[key]}='.*'$`, 'm'), '');
    fc.assert(fc.property(value, given => {
      let program: string;
      try {
        program = renderKdumpProgram({ ...SETTINGS, [key]: given });
      } catch (error) {
        return (error as Error).message.includes(`${key === 'dumpPath' ? 'dump.path' : key} is ${JSON.stringify(given)}`);
      }
      const line = `${NAMES[key]}='${given}'`;
      return /^[A-Za-z0-9 ./:,+_-]*$/.test(given) && header(program).includes(`\n${line}\n`) && header(program).replace(line, '') === others;
    }), { numRuns: 2000 });
  });

  test('a shell reads back exactly what was given', () => {
    const size = fc.tuple(fc.integer({ min: 0, max: 999999 }), fc.constantFrom('K', 'M', 'G', 'T')).map(parts => parts.join(''));
    const range = fc.tuple(size, fc.option(size, { nil: '' }), size).map(([from, to, reserve]) => `${from}-${to}:${reserve}`);
    const crashKernel = fc.oneof(size, fc.array(range, { minLength: 1, maxLength: 8 }).map(all => all.join(',')),
      fc.tuple(size, size).map(([high, low]) => `${high},high ${low},low`));
    fc.assert(fc.property(crashKernel, given => {
      const script = header(renderKdumpProgram({ ...SETTINGS, crashKernel: given })) + '\nprintf %s "$CRASHKERNEL"\n';
      return spawnSync('sh', ['-uf'], { input: script, encoding: 'utf8' }).stdout === given;
    }), { numRuns: 50 });
  });
});

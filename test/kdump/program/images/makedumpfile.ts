import { Package } from './image';

/** makedumpfile, which says what it was built with; releases before 1.7.0 do not know zstd. */
export function makedumpfile(version: string, builtWith: { snappy: 'enabled' | 'disabled'; zstd?: 'enabled' | 'disabled' }): Package {
  const { snappy, zstd } = builtWith;
  return {
    commands: ['makedumpfile'],
    files: {
      '/stand-in/makedumpfile-v': `makedumpfile: version ${version}\nlzo\tenabled\nsnappy\t${snappy}\n${zstd ? `zstd\t${zstd}\n` : ''}\n`,
    },
  };
}

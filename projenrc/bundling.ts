import { readFile } from 'node:fs/promises';
import { BuildOptions, Plugin } from 'esbuild';

const NEVER_LOADED = [
  // Where credentials come from on a laptop. A Lambda function has them in its environment, where the SDK looks first.
  ...['http', 'ini', 'login', 'process', 'sso', 'web-identity'].map(source => `@aws-sdk/credential-provider-${source}`),
  '@smithy/credential-provider-imds',
  // Which browser it is.
  'bowser',
];

/**
 * The schemas of a service name their fields by constants, `{ [_xN]: _TSa }`. esbuild cannot know that these are strings, and so keeps the
 * schemas of all operations (of EC2: half a megabyte). With the string in its place it keeps those that are used.
 */
const usedSchemas: Plugin = {
  name: 'used-schemas',
  setup: ({ onLoad }) => onLoad({ filter: /client-[\w-]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/ }, async ({ path }) => {
    const schemas = await readFile(path, 'utf8');
    const strings = new Map([...schemas.matchAll(/^const (\w+) = ("[^"\\]*");$/gm)].map(([, name, text]) => [name, text]));
    return { contents: schemas.replace(/\[(\w+)\]: /g, (field, name) => strings.has(name) ? `${strings.get(name)}: ` : field) };
  }),
};

/** How handlers are bundled. */
export const BUNDLING = {
  bundle: true,
  splitting: true,
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  platform: 'node',
  target: 'node24',
  tsconfig: 'test/tsconfig.json',
  // From the ES modules esbuild leaves out the hundreds of commands that are not used.
  mainFields: ['module', 'main'],
  minify: true,
  // Error names are part of what the handlers report.
  keepNames: true,
  external: NEVER_LOADED,
  plugins: [usedSchemas],
  logLevel: 'warning',
} satisfies BuildOptions;

import { readFile } from 'node:fs/promises';
import { BuildOptions, Plugin } from 'esbuild';

const NEVER_LOADED = [
  // Where credentials come from on a laptop. A Lambda function has them in its environment, where the SDK looks first.
  ...['http', 'ini', 'login', 'process', 'sso', 'web-identity'].map(source => `@aws-sdk/credential-provider-${source}`),
  '@smithy/credential-provider-imds',
  // Which browser it is.
  'bowser',
];

/** Of these, errors are told apart by their names alone. Of DynamoDB they are by their classes. */
const ERRORS_BY_NAME = /client-(cloudformation|cloudwatch|ec2|ssm)[\\/]/;

/**
 * The schemas of a service name their fields by constants, `{ [_xN]: _TSa }`. esbuild cannot know that these are strings, and so keeps the
 * schemas of all operations (of EC2: half a megabyte). With the string in its place it keeps those that are used.
 *
 * The errors of all operations are registered, and so kept and made at each cold start. One that is not registered comes as the service's
 * base exception, with its name, message and metadata.
 */
const usedSchemas: Plugin = {
  name: 'used-schemas',
  setup: ({ onLoad }) => onLoad({ filter: /client-[\w-]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/ }, async ({ path }) => {
    const schemas = await readFile(path, 'utf8');
    const strings = new Map([...schemas.matchAll(/^const (\w+) = ("[^"\\]*");$/gm)].map(([, name, text]) => [name, text]));
    const contents = schemas.replace(/\[(\w+)\]: /g, (field, name) => strings.has(name) ? `${strings.get(name)}: ` : field);
    return { contents: ERRORS_BY_NAME.test(path) ? contents.replace(/^n0_registry\.registerError\(.*\);$/gm, '') : contents };
  }),
};

/**
 * The SDK imports `node:http` in the middle of the first call. An import reads all that the module exports, `WebSocket` as well, for which
 * Node.js loads the whole of undici (10 ms of a first call of 60). The module itself is there already: `node:https` needs it.
 */
const noLateImport: Plugin = {
  name: 'no-late-import',
  setup: ({ onLoad }) => onLoad({ filter: /node-http-handler[\\/]dist-es[\\/]node-http-handler\.js$/ }, async ({ path }) => {
    const source = await readFile(path, 'utf8');
    const contents = source.replace('await import("node:http")', 'process.getBuiltinModule("node:http")');
    if (contents === source) throw new Error(`${path} no longer imports node:http late: take this plugin out, or see what it does instead.`);
    return { contents };
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
  plugins: [usedSchemas, noLateImport],
  logLevel: 'warning',
} satisfies BuildOptions;

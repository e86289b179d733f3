import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TemplateDocument } from './template';

export interface SynthesizedStack {
  readonly name: string;
  readonly template: TemplateDocument;
  /** The path in the construct tree by logical id; that of an L2 is without the last part, `Resource`. */
  readonly paths: ReadonlyMap<string, string>;
}

/** A cloud assembly (cdk.out) as `cdk synth` wrote it. */
export class CloudAssembly {
  private readonly artifacts: Record<string, any>;

  constructor(private readonly directory: string) {
    const manifest = join(directory, 'manifest.json');
    if (!existsSync(manifest)) throw new Error(`${directory} is not a cloud assembly: it has no manifest.json. Run cdk synth first and give its output directory.`);
    this.artifacts = readJson(manifest).artifacts ?? {};
  }

  /** A stack, by its name or its path in the app. */
  stack(name: string): SynthesizedStack {
    const stacks = Object.entries(this.artifacts).filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
    const [id, artifact] = stacks.find(([key, { displayName, properties }]) => [key, displayName, properties.stackName].includes(name)) ?? [];
    if (id === undefined) {
      throw new Error(`The cloud assembly ${this.directory} has no stack '${name}'; it has ${stacks.map(([key]) => key).join(', ') || 'none'}.`);
    }
    const { properties, metadata, additionalMetadataFile } = artifact;
    return {
      name: properties.stackName ?? id,
      template: readJson(join(this.directory, properties.templateFile)),
      paths: pathsOf({ ...metadata, ...additionalMetadataFile ? readJson(join(this.directory, additionalMetadataFile)) : {} }),
    };
  }

  /** The directory of a file asset, by the key under which it would lie in the assets bucket. */
  assetDirectory(objectKey: string): string {
    for (const artifact of Object.values(this.artifacts).filter(({ type }) => type === 'cdk:asset-manifest')) {
      const files: Record<string, any> = readJson(join(this.directory, artifact.properties.file)).files ?? {};
      for (const { source, destinations } of Object.values(files)) {
        if (!Object.values<any>(destinations).some(destination => destination.objectKey === objectKey)) continue;
        const path = resolve(this.directory, source.path);
        if (!existsSync(path)) throw new Error(`The asset ${objectKey} is named in the asset manifest, but ${path} is missing. Run cdk synth again.`);
        if (!statSync(path).isDirectory()) throw new Error(`The asset ${objectKey} is the file ${path}; the local stand needs a directory as the code of a function.`);
        return path;
      }
    }
    throw new Error(`No asset manifest in ${this.directory} has the file ${objectKey}.`);
  }
}

function pathsOf(metadata: Record<string, { type: string; data: any }[]>): Map<string, string> {
  return new Map(Object.entries(metadata).flatMap(([path, entries]) => entries
    .filter(({ type }) => type === 'aws:cdk:logicalId')
    .map(({ data }): [string, string] => [data, path.replace(/^\//, '').replace(/\/Resource$/, '')])));
}

function readJson(file: string): any {
  return JSON.parse(readFileSync(file, 'utf8'));
}

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TemplateDocument } from './template';

/** A cloud assembly (cdk.out) as `cdk synth` wrote it. */
export class CloudAssembly {
  private readonly artifacts: Record<string, any>;

  constructor(private readonly directory: string) {
    const manifest = join(directory, 'manifest.json');
    if (!existsSync(manifest)) throw new Error(`${directory} is not a cloud assembly: it has no manifest.json. Run cdk synth first and give its output directory.`);
    this.artifacts = readJson(manifest).artifacts ?? {};
  }

  /** The template of a stack, by its name or its path in the app. */
  template(stackName: string): TemplateDocument {
    const stacks = Object.entries(this.artifacts).filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
    const found = stacks.find(([id, artifact]) => [id, artifact.displayName, artifact.properties.stackName].includes(stackName));
    if (!found) {
      throw new Error(`The cloud assembly ${this.directory} has no stack '${stackName}'; it has ${stacks.map(([id]) => id).join(', ') || 'none'}.`);
    }
    return readJson(join(this.directory, found[1].properties.templateFile));
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

function readJson(file: string): any {
  return JSON.parse(readFileSync(file, 'utf8'));
}

import { createHash } from 'crypto';
import { mkdirSync, writeFileSync } from 'fs';
import { join, relative } from 'path';
import { FileAssetLocation, FileAssetPackaging, Stack, Stage } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * Publishes a text as a file asset, without a file outside the cloud assembly.
 *
 * @param name the ending of the file's name
 * @param text what is in it
 * @param sourceHash what the asset is known by: the same for texts that mean the same
 */
export function textAsset(scope: IConstruct, name: string, text: string, sourceHash = hashOf(text)): FileAssetLocation {
  const { assetOutdir, outdir } = Stage.of(scope)!;
  const file = join(assetOutdir, `asset.${sourceHash}.${name}`);
  mkdirSync(assetOutdir, { recursive: true });
  writeFileSync(file, text);
  return Stack.of(scope).synthesizer.addFileAsset({ fileName: relative(outdir, file), packaging: FileAssetPackaging.FILE, sourceHash });
}

/** SHA-256, in hexadecimal digits. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

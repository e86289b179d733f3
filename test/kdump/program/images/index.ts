import { AMAZON_LINUX_2 } from './amazon';
import { DEBIAN_12 } from './debian';
import { Image } from './image';
import { UBUNTU_22_04, UBUNTU_24_04 } from './ubuntu';

export * from './amazon';
export { DEBIAN_12 } from './debian';
export * from './image';
export * from './ubuntu';

export const ALL_IMAGES: readonly Image[] = [
  AMAZON_LINUX_2,
  UBUNTU_22_04, UBUNTU_24_04,
  DEBIAN_12,
];

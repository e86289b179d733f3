import { describeBlocked } from './blocked';
import { describeKilled } from './killed';
import { describeLife } from './life';
import { DEBIAN_11, DEBIAN_12, DEBIAN_13, DEBIAN_13_ARM } from '../images';

describeLife(DEBIAN_11, DEBIAN_12, DEBIAN_13, DEBIAN_13_ARM);
describeBlocked(DEBIAN_11, DEBIAN_12, DEBIAN_13, DEBIAN_13_ARM);
describeKilled(DEBIAN_12);

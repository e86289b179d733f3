import { describeBlocked } from './blocked';
import { describeKilled } from './killed';
import { describeLife } from './life';
import { DEBIAN_11, DEBIAN_12, DEBIAN_13 } from '../images';

describeLife(DEBIAN_11, DEBIAN_12, DEBIAN_13);
describeBlocked(DEBIAN_11, DEBIAN_12, DEBIAN_13);
describeKilled(DEBIAN_12);

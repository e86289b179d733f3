import { describeBlocked } from './blocked';
import { describeKilled } from './killed';
import { describeLife } from './life';
import { AMAZON_LINUX_1, AMAZON_LINUX_2, AMAZON_LINUX_2023, AMAZON_LINUX_2023_ARM } from '../images';

describeLife(AMAZON_LINUX_1, AMAZON_LINUX_2, AMAZON_LINUX_2023, AMAZON_LINUX_2023_ARM);
describeBlocked(AMAZON_LINUX_1, AMAZON_LINUX_2, AMAZON_LINUX_2023, AMAZON_LINUX_2023_ARM);
describeKilled(AMAZON_LINUX_1, AMAZON_LINUX_2);

import { launch } from '@vectorlane/launch';

launch('worker');

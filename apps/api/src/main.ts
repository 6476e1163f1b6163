import { launch } from '@vectorlane/launch';

launch('api');

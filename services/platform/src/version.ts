import { version } from '../package.json';

/** Version of the platform, as released. */
export const PLATFORM_VERSION: string = version;

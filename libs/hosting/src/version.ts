import { version } from '../package.json';

/** Version of the services, as released. */
export const SERVICE_VERSION: string = version;

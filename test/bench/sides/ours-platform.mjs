/** The platform as `npm start` runs it, without the demo. */
import platformPackage from '@regulars/platform';
import { options, ready } from '../harness/side.mjs';

const platform = await platformPackage.startPlatform({ dataDir: options.dataDir, port: 0, quiet: true, environment: {} });
ready({ url: platform.url, token: platform.adminToken }, async () => {
  await platform.close();
  return {};
});

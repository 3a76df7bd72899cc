export { type Platform, PLATFORM_FILE, type PlatformOptions, startPlatform } from './start-platform';

/**
 * ONNX Runtime reports to its maker, and leaves files about it in the home and temporary folders, unless it finds this
 * in the environment when it is loaded. Called in the main thread, whose environment is the process's own.
 */
export function keepNativeLibrariesQuiet(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
}

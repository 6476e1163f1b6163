/** What the operator is told when the boot failed, with the stack only when it is a fault of ours. */
export function describeBootFailure(error: unknown): string {
  const listening = listenFailure(error);
  if (listening !== undefined) return listening;
  if (!(error instanceof Error)) return String(error);
  return EXPECTED.has(error.name) ? error.message : (error.stack ?? error.message);
}

/** What keeps the server from listening, as the operator knows it: by its settings. */
function listenFailure(error: unknown): string | undefined {
  const { code, syscall, port, address, hostname } = error as NodeJS.ErrnoException & Record<string, unknown>;
  if (syscall === 'getaddrinfo')
    return `HOST ${String(hostname)} is not known here. Set HOST to an address of this machine.`;
  if (syscall !== 'listen') return undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${String(port)} on ${String(address)} is taken. Stop the program that has it, or set PORT to another one.`;
    case 'EADDRNOTAVAIL':
      return `HOST ${String(address)} is not an address of this machine. 127.0.0.1 is this machine alone, 0.0.0.0 everybody.`;
    case 'EACCES':
      return `Port ${String(port)} may not be opened by this user. Set PORT to 1024 or higher.`;
    default:
      return undefined;
  }
}

/** Errors whose message says all there is to say to an operator. */
const EXPECTED: ReadonlySet<string> = new Set([
  'InvalidSettingsError',
  'NoApiKeyError',
  'SpaceMismatchError',
  'DataFolderInUseError',
  'DataFolderUnusableError',
  'NoSpaceError',
  'ModelFilesError',
  'EmbeddingEndpointError',
  'DependencyUnreachableError',
]);

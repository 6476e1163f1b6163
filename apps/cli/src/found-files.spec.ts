import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeFileError, findFiles, whyUnreadable } from './found-files';

describe('findFiles', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'vectorlane-files-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  const write = async (...paths: string[]) => {
    for (const path of paths) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), path);
    }
  };
  const found = async (...paths: string[]) => (await findFiles(paths, root)).files.map(({ path }) => path);

  it('takes everything below in a fixed order', async () => {
    await write('d/b.txt', 'd/B.txt', 'd/a/z.bin', 'd/a10.txt', 'd/a2.txt', 'd/noext');
    expect(await found('d')).toEqual(['d/B.txt', 'd/a/z.bin', 'd/a10.txt', 'd/a2.txt', 'd/b.txt', 'd/noext']);
    expect((await findFiles(['d/a'], root)).files).toEqual([
      { path: 'd/a/z.bin', location: join(root, 'd/a/z.bin'), name: 'z.bin', folder: 'a', sizeBytes: 9 },
    ]);
  });

  it('keeps the folder below the one that was named', async () => {
    await write('d/b.txt', 'd/a/c/z.bin');
    const folders = async (...paths: string[]) => (await findFiles(paths, root)).files.map(({ folder }) => folder);
    expect(await folders('d/b.txt')).toEqual([undefined]);
    expect(await folders('d')).toEqual(['d/a/c', 'd']);
    expect(await folders('./d/a/')).toEqual(['a/c']);
    expect(await folders(join(root, 'd/a'))).toEqual(['a/c']);
  });

  it('passes over hidden entries, node_modules and links below a folder', async () => {
    await write('d/.hidden', 'd/.git/x', 'd/node_modules/p/readme.md', 'd/ok.txt', 'outside/secret.txt');
    await symlink(join(root, 'outside'), join(root, 'd/link'));
    await symlink(join(root, 'd'), join(root, 'd/circle'));
    await symlink(join(root, 'outside/secret.txt'), join(root, 'd/link.txt'));
    expect(await found('d')).toEqual(['d/ok.txt']);
  });

  it('takes what is named, hidden or a link', async () => {
    await write('.hidden/x.txt', 'real/y.txt');
    await symlink(join(root, 'real'), join(root, 'link'));
    expect(await found('.hidden', 'link', 'real/y.txt')).toEqual(['.hidden/x.txt', 'link/y.txt', 'real/y.txt']);
  });

  it('takes a file named twice once, in the order of naming', async () => {
    await write('d/a.txt', 'd/b.txt');
    expect(await found('d/b.txt', 'd', './d/a.txt')).toEqual(['d/b.txt', 'd/a.txt']);
  });

  it('reports what is not there or no file, and goes on', async () => {
    await write('d/a.txt');
    const socket = createServer();
    await new Promise<void>((resolve) => socket.listen(join(root, 'd/socket'), resolve));
    try {
      const { files, unreadable } = await findFiles(['none', 'd/socket', 'd'], root);
      expect(files.map(({ path }) => path)).toEqual(['d/a.txt']);
      expect(unreadable).toEqual([
        { path: 'none', code: 'ENOENT', message: 'there is no such file or folder' },
        { path: 'd/socket', code: 'NOT_A_FILE', message: 'neither a file nor a folder' },
      ]);
    } finally {
      await new Promise((resolve) => socket.close(resolve));
    }
  });

  it('stops when it is told to', async () => {
    await write('d/a.txt');
    await expect(findFiles(['d'], root, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });

  it('tells why a file cannot be opened', async () => {
    await write('a.txt');
    expect(await whyUnreadable(join(root, 'a.txt'))).toBeUndefined();
    expect(await whyUnreadable(join(root, 'b.txt'))).toMatchObject({ code: 'ENOENT' });
    expect(describeFileError(Object.assign(new Error('EACCES: /x'), { code: 'EACCES' }))).toEqual({
      code: 'EACCES',
      message: 'permission denied',
    });
    expect(describeFileError(new Error('odd'))).toEqual({ code: 'UNREADABLE', message: 'cannot be read' });
  });
});

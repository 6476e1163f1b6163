import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const OUT = join(import.meta.dirname, '..', '..', 'dist', 'console');

/** Compressed once, here, as well as it goes: the server only hands the bytes out. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle() {
      for (const name of readdirSync(OUT, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|html|svg)$/.test(name)) continue;
        const bytes = readFileSync(join(OUT, name));
        const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(join(OUT, `${name}.br`), brotliCompressSync(bytes, { params }));
        writeFileSync(join(OUT, `${name}.gz`), gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: '/console/',
  plugins: [compressed()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: ['chrome123', 'firefox124', 'safari17.5'],
    // Nothing inline: the policy of the page lets no data: script or style in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `npx vite apps/console` beside a running service, to work on the page.
  server: { proxy: { '/api': 'http://127.0.0.1:3000', '/console/session': 'http://127.0.0.1:3000' } },
});

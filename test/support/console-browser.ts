import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { ROOT } from './compose-file';

const SCREEN = { width: 1280, height: 860 };
const NARROW = { width: 360, height: 740 };

/** Debian's Chromium before the console of a service. */
export class ConsoleBrowser {
  /** Errors of the page, and what its policy has refused. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly url: string,
    readonly profile: string,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.setDefaultTimeout(30_000);
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  static async start(url: string): Promise<ConsoleBrowser> {
    const profile = await mkdtemp(join(tmpdir(), 'vectorlane-console-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium',
      locale: 'en',
      viewport: SCREEN,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
    return new ConsoleBrowser(url, profile, context, await context.newPage());
  }

  async close(): Promise<void> {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true });
  }

  async open(path: string): Promise<void> {
    await this.page.goto(`${this.url}/console/${path}`);
  }

  /** Of WCAG 2.2 AA, in both colours; the policy of the page lets no script in but through the debugger. */
  async violations(): Promise<string[]> {
    const axe = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const debug = await this.context.newCDPSession(this.page);
    const found: string[] = [];
    for (const colorScheme of ['dark', 'light'] as const) {
      await this.page.emulateMedia({ colorScheme });
      const { result } = await debug.send('Runtime.evaluate', {
        expression: `${axe};axe.run(document, { runOnly: ${JSON.stringify(tags)}, iframes: false })
          .then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html }) => html).join()))`,
        awaitPromise: true,
        returnByValue: true,
      });
      found.push(...(result.value as string[]));
    }
    await debug.detach();
    return found;
  }

  /** What README and docs show is what the tests see: TEST_PICTURES=1 keeps it. */
  async picture(name: string): Promise<void> {
    if (process.env['TEST_PICTURES'] !== '1') return;
    for (const colorScheme of ['dark', 'light'] as const) {
      await this.page.emulateMedia({ colorScheme });
      await this.page.screenshot({ path: join(ROOT, 'docs', 'images', `${name}-${colorScheme}.png`) });
    }
  }

  /** Lets files and folders fall onto the page, as a file manager does. */
  async drop(paths: readonly string[]): Promise<void> {
    const debug = await this.context.newCDPSession(this.page);
    const data = { items: [], files: [...paths], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await debug.send('Input.dispatchDragEvent', { type, x: 640, y: 400, data });
      if (type === 'dragOver') await this.page.getByText('Drop files or folders to read them').waitFor();
    }
    await debug.detach();
  }

  async isOnScreen(selector: string): Promise<boolean> {
    const { y = -1 } = (await this.page.locator(selector).first().boundingBox()) ?? {};
    return y > 0 && y < SCREEN.height;
  }

  /** How far what is shown reaches, where there is little room. */
  async widthOnNarrowScreen(): Promise<unknown> {
    await this.page.setViewportSize(NARROW);
    const width = await this.page.evaluate('document.documentElement.scrollWidth');
    await this.page.setViewportSize(SCREEN);
    return width;
  }
}

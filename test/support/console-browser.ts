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
      if (message.type() === 'error') this.complaints.push(`${message.text()} ${message.location().url}`);
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

  /** Keeps what is shown, in both colours. */
  async picture(name: string): Promise<void> {
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

  /** The list alone is made up, until `unrouteAll`: how the service pages is tested where it is. */
  async makeUpDocuments(sample: object, all: number): Promise<void> {
    await this.page.route('**/api/documents?*', async (route) => {
      const at = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0);
      const items = Array.from({ length: 100 }, (_, index) => {
        return { ...sample, id: `${at + index}`, filename: `${at + index}.md` };
      });
      await route.fulfill({ json: { items, nextCursor: at + 100 < all ? `${at + 100}` : null, total: all } });
    });
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

  /** How far a word stands from the right of the text that it is in, where a line from right to left begins. */
  fromTheRight(selector: string, word: string): Promise<unknown> {
    return this.page.evaluate(`(() => {
      const text = document.querySelector('${selector}');
      const nodes = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
        const at = node.data.indexOf('${word}');
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + ${word.length});
        return text.getBoundingClientRect().right - range.getBoundingClientRect().right;
      }
    })()`);
  }
}

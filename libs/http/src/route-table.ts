import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** A path as it is declared, `/api/documents/:id`, with the methods it answers. */
export interface Route {
  readonly template: string;
  readonly methods: ReadonlySet<string>;
}

/** Express' own account of its routes. */
interface ListsRoutes {
  listRoutes(): readonly { readonly path: unknown; readonly methods: readonly string[] | undefined }[];
}

/** Files of Swagger UI and of the console are served by a folder, not by routes. */
const FOLDERS: readonly Route[] = ['/docs/*', '/console/*'].map((template) => ({
  template,
  methods: new Set(['GET', 'HEAD']),
}));

/**
 * Which route a path belongs to, known before the router runs and whether or not it ever does: a refused request is
 * counted and logged under its template too. Finds what Express would find, without running a handler.
 */
@Injectable()
export class RouteTable implements OnApplicationBootstrap {
  private readonly literal = new Map<string, Route>();
  /** Templates with parameters, by their number of segments. */
  private readonly byLength = new Map<number, { readonly segments: readonly string[]; readonly route: Route }[]>();
  private longest = 0;

  constructor(private readonly host: HttpAdapterHost) {}

  /** All routes are mounted by now. */
  onApplicationBootstrap(): void {
    const { router } = this.host.httpAdapter.getInstance<{ router: ListsRoutes }>();
    this.collect(router);
  }

  /** @throws Error for a route whose shape is not known here: it would be counted as `unmatched` */
  collect(router: ListsRoutes): void {
    const methods = new Map<string, Set<string>>();
    for (const { path, methods: answered } of router.listRoutes()) {
      if (answered === undefined) continue; // a mounted router of middleware
      if (typeof path !== 'string' || /[*{}()?+!\\]/.test(path)) {
        throw new Error(`The route ${String(path)} has a shape that RouteTable does not know. Teach it.`);
      }
      const template = path.length > 1 ? path.replace(/\/+$/, '') : path;
      const known = methods.get(template) ?? new Set();
      for (const method of answered) known.add(method);
      methods.set(template, known);
    }
    for (const [template, known] of methods) this.add({ template, methods: known });
  }

  /** @param path decoded by nobody, without the query */
  find(path: string): Route | undefined {
    const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    const literal = this.literal.get(trimmed);
    if (literal !== undefined) return literal;
    const segments = trimmed.split('/', this.longest + 1);
    const found = this.byLength.get(segments.length)?.find((candidate) => matches(candidate.segments, segments));
    return found?.route ?? FOLDERS.find(({ template }) => `${path}/`.startsWith(template.slice(0, -1)));
  }

  private add(route: Route): void {
    const segments = route.template.split('/');
    if (!segments.some((segment) => segment.startsWith(':'))) {
      this.literal.set(route.template, route);
      return;
    }
    this.longest = Math.max(this.longest, segments.length);
    this.byLength.set(segments.length, [...(this.byLength.get(segments.length) ?? []), { segments, route }]);
  }
}

function matches(template: readonly string[], path: readonly string[]): boolean {
  return template.every((segment, index) => (segment.startsWith(':') ? path[index] !== '' : segment === path[index]));
}

import 'reflect-metadata';
import { METHOD_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { Reflector } from '@nestjs/core';
import { API_CONTROLLERS, PROTOCOL_CONTROLLERS } from './app.module';
import { Caller } from './caller';
import { requiredOf } from './scope.guard';

const SERVED = [...API_CONTROLLERS, ...PROTOCOL_CONTROLLERS] as const;

/** Handlers of a class: its methods that Nest serves. */
function handlersOf(type: (typeof SERVED)[number]): [name: string, handler: object][] {
  const prototype = type.prototype as unknown as Record<string, object>;
  return Object.getOwnPropertyNames(prototype)
    .map((name): [string, object] => [name, prototype[name] ?? {}])
    .filter(([, handler]) => Reflect.hasMetadata(METHOD_METADATA, handler));
}

/** How Nest keeps the parameter decorator: by a factory of its own. */
class Probe {
  handler(@Caller() caller: unknown): unknown {
    return caller;
  }
}
const factoriesOf = (type: object, name: string): unknown[] =>
  Object.values((Reflect.getMetadata(ROUTE_ARGS_METADATA, type, name) ?? {}) as Record<string, { factory?: unknown }>)
    .map(({ factory }) => factory)
    .filter(Boolean);
const [CALLER] = factoriesOf(Probe, 'handler');

const ROUTES = SERVED.flatMap((type) =>
  handlersOf(type).map(([name, handler]) => ({ route: `${type.name}.${name}`, type, name, handler })),
);

it('finds the routes at all', () => {
  expect(ROUTES.length).toBeGreaterThan(15);
  expect(CALLER).toBeDefined();
});

it.each(ROUTES)('$route says which scope it needs and whether it reaches into collections', (route) => {
  const required = requiredOf(new Reflector(), route.handler, route.type);
  expect(required).toEqual({
    scope: expect.stringMatching(/^(read|write|admin)$/),
    reach: expect.stringMatching(/^(within|outside|no)-collections$/),
  });
  // A handler that reaches into collections does so as somebody.
  if (required?.reach === 'within-collections') expect(factoriesOf(route.type, route.name)).toContain(CALLER);
});
